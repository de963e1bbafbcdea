"""A PIN is enrolled, and later presented to clear a one-time token: both calls are encrypted.

python encrypted_pin.py CREDENTIALS, the file that a sandbox has written. Needs `cryptography`.
"""

import base64
import json
import os
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

OUR_KEY = "/v1/auth/jose/response/public-keys?algorithm=RSA_OAEP_256&scope=PAYLOAD_ENCRYPTION"


def text_of(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encrypted(body, key):
    """A compact JWE, and the content key that the reply comes back under."""
    head = text_of(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}')
    content_key, iv = os.urandom(32), os.urandom(12)
    wrapped = key.encrypt(content_key, OAEP(MGF1(SHA256()), SHA256(), None))
    sealed = AESGCM(content_key).encrypt(iv, json.dumps(body).encode(), head.encode())
    parts = map(text_of, (wrapped, iv, sealed[:-16], sealed[-16:]))
    return ".".join((head, *parts)).encode(), content_key


def decrypted(reply, content_key):
    """Direct encryption: the second part is empty, for there is no key to unwrap."""
    head, _, *rest = reply.decode().split(".")
    iv, sealed, tag = map(octets_of, rest)
    return AESGCM(content_key).decrypt(iv, sealed + tag, head.encode())


def call(method, path, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(sandbox["base_url"] + path, body, named, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def bearer(**form):
    held = "{client_id}:{client_secret}".format(**sandbox["wise"]).encode()
    basic = {"authorization": "Basic " + base64.b64encode(held).decode()}
    answer = json.loads(call("POST", "/oauth/token", urlencode(form).encode(), **basic))
    return {"authorization": "Bearer " + answer["access_token"]}


def secret_call(path, body, **headers):
    token, content_key = encrypted(body, key)
    jose = {"content_type": "application/jose+json", "x_tw_jose_method": "jwe"}
    reply = call("POST", path, token, **user, **jose, **headers)
    return decrypted(reply, content_key) if reply else b""


sandbox = json.loads(Path(sys.argv[1]).read_text())
client = bearer(grant_type="client_credentials")
email, code = f"ada.{os.urandom(4).hex()}@example.com", os.urandom(16).hex()
person = json.dumps({"email": email, "registrationCode": code}).encode()
call("POST", "/v1/user/signup/registration_code", person, **client)
user = bearer(grant_type="registration_code", email=email, registration_code=code)
ours = json.loads(call("GET", OUR_KEY, **client))["keyMaterial"]["keyMaterial"]
key = load_der_public_key(base64.b64decode(ours))

secret_call("/v1/user/pin", {"pin": "1234"})
call("POST", "/v1/user/facemap/enrol", b'{"faceMap": "YSBmYWNl"}', **user)
profile = json.loads(call("GET", "/v2/profiles", **user))[0]["id"]
asked = call("POST", f"/v2/profiles/{profile}/sca-sessions/authorise", **user)
token = json.loads(asked)["oneTimeTokenProperties"]["oneTimeToken"]
cleared = secret_call("/v1/one-time-token/pin/verify", {"pin": "1234"}, one_time_token=token)
left = json.loads(cleared)["oneTimeTokenProperties"]["challenges"]
print("left to prove:", ", ".join(one["primaryChallenge"]["type"] for one in left))
