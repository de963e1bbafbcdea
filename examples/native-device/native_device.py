"""A device without a browser: it enrols by a link, listens, shows what is asked, and answers.

python native_device.py CREDENTIALS, the file that a sandbox has written. Needs `cryptography`.
On a real device both keys live in its secure hardware: `key` signs only with the person's finger or
face, `call_key` signs calls by itself.
"""

import base64
import json
import os
import sys
import time
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def canonical(values):
    """RFC 8785, as far as these values go: names in ASCII, and no number but whole ones."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def jwk(key):
    numbers = key.public_key().public_numbers()
    x, y = (b64(one.to_bytes(32, "big")) for one in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def jws(key, payload, **header):
    """Compact (RFC 7515), ES256."""
    signed = b64(json.dumps({"alg": "ES256", **header}).encode()) + "." + b64(payload)
    r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return signed + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def call(method, path, body=None, **headers):
    named = {"content-type": "application/json"} if body is not None else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sandbox["base_url"] + path, data, named, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "{}")


class NativeDevice:
    def __init__(self):
        self.id = ""
        self.key = generate_private_key(SECP256R1())
        self.call_key = generate_private_key(SECP256R1())
        self.counter = 0

    def proof(self, method, path):
        """Made for one call (RFC 9449)."""
        claims = {
            "htm": method,
            "htu": sandbox["base_url"] + path.partition("?")[0],
            "iat": int(time.time()),
            "jti": b64(os.urandom(16)),
        }
        header = {"typ": "dpop+jwt", "jwk": jwk(self.call_key)}
        return jws(self.call_key, json.dumps(claims).encode(), **header)

    def call(self, method, path, body=None):
        path = "/device/v1" + path
        return call(method, path, body, device=self.id, dpop=self.proof(method, path))

    def enrol(self, token, name, code):
        begun = call("POST", "/device/v1/enrolments", {"token": token})
        signed = {**json.loads(begun["content"]), "name": name, "proof": jwk(self.call_key)}
        made = jws(self.key, canonical(signed), typ="assent+jws", jwk=jwk(self.key))
        body = {"token": token, "name": name, "jws": made}
        if begun["codeSent"]:
            body["code"] = code
        path = "/device/v1/enrolments/finish"
        self.id = call("POST", path, body, dpop=self.proof("POST", path))["device"]

    def listen(self, seen=()):
        """Waits for 25 seconds at most."""
        found = self.call("GET", "/challenges?wait=25&seen=" + ",".join(seen))
        return [one["id"] for one in found["challenges"]]

    def answer(self, challenge, decision, **more):
        content = self.call("GET", f"/challenges/{challenge}")["content"]
        print("asked:", json.loads(content)["display"]["text"])
        self.counter += 1  # kept where it survives a restart
        told = {"decision": decision, "time": int(time.time() * 1000), "counter": self.counter}
        told |= more
        signed = {**json.loads(content), "type": "assent/answer/1"}
        signed["answer"] = {"device": self.id, **told}
        body = {**told, "jws": jws(self.key, canonical(signed), typ="assent+jws")}
        return self.call("POST", f"/challenges/{challenge}/answer", body)


sandbox = json.loads(Path(sys.argv[1]).read_text())
server = {"api_key": sandbox["programme"]["api_key"]}

# the firm's side: a person, logged in, and a link that a page of theirs would show as a QR code
mark = os.urandom(4)
email, password = f"ada.{mark.hex()}@example.com", "Correct-Horse-7"
root = {"name": "Ada", "surname": "Lovelace", "email": email, "address": {"country": "MT"}}
root["dateOfBirth"] = {"year": 1990, "month": 12, "day": 10}
root["mobile"] = {"countryCode": "+356", "number": f"79{int.from_bytes(mark, 'big') % 10**6:06d}"}
consumer = {"profileId": sandbox["profiles"]["consumers"], "ipAddress": "203.0.113.7"}
made = call("POST", "/multi/consumers", {**consumer, "rootUser": root}, **server)
user = made["rootUser"]["id"]["id"]
secret = {"password": {"value": password}}
token = call("POST", f"/multi/passwords/{user}/create", secret, **server)["token"]
person = {**server, "authorization": f"Bearer {token}"}
link = call("POST", "/device/v1/links", **person)

# the device's side
phone = NativeDevice()
phone.enrol(link["token"], "Ada's phone", "123456")
call("POST", "/multi/stepup/challenges/push/BIOMETRIC", **person)
challenge = phone.listen()[0]
print("answer:", phone.answer(challenge, "approve")["state"])
