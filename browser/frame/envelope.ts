// A typed value on its way to the server: JWE compact (RFC 7516), ECDH-ES over P-256 straight to
// A256GCM (RFC 7518, sections 4.6 and 5.3).
import type { ServerKey } from "./page";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** All values of usual length give envelopes of one length. */
const BLOCK = 512;
const utf8 = new TextEncoder();

export interface Sealed {
  ui_key: string;
  field: string;
  value: string;
}

/** All of an envelope that does not depend on its content. Good for one content only. */
export interface Prepared {
  header: string;
  key: CryptoKey;
}

export async function prepare(server: ServerKey): Promise<Prepared> {
  const { kid, kty, crv, x, y } = server;
  const [pair, theirs] = await Promise.all([
    crypto.subtle.generateKey(CURVE, false, ["deriveBits"]),
    crypto.subtle.importKey("jwk", { kty, crv, x, y } as JsonWebKey, CURVE, false, []),
  ]);
  const [mine, shared] = await Promise.all([
    crypto.subtle.exportKey("jwk", pair.publicKey),
    crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, pair.privateKey, 256),
  ]);
  const epk = { kty: mine.kty, crv: mine.crv, x: mine.x, y: mine.y };
  const header = JSON.stringify({ alg: "ECDH-ES", enc: "A256GCM", kid, epk });
  const octets = await crypto.subtle.digest("SHA-256", agreement(new Uint8Array(shared)));
  const key = await crypto.subtle.importKey("raw", octets, "AES-GCM", false, ["encrypt"]);
  return { header: base64url(utf8.encode(header)), key };
}

/** The one round of the Concat KDF (NIST SP 800-56A, 5.8.1) that 256 bits take. */
function agreement(shared: Uint8Array): Uint8Array<ArrayBuffer> {
  const algorithm = utf8.encode("A256GCM");
  const tail = [...number(algorithm.length), ...algorithm, ...number(0), ...number(0)];
  return Uint8Array.from([...number(1), ...shared, ...tail, ...number(256)]);
}

function number(value: number): number[] {
  return [0, 0, value >> 8, value & 255];
}

export async function seal(prepared: Prepared, content: Sealed): Promise<string> {
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const plain = padded(JSON.stringify({ ...content, nonce }));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = utf8.encode(prepared.header);
  const parameters = { name: "AES-GCM", iv, additionalData };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, prepared.key, plain));
  plain.fill(0);
  const text = base64url(sealed.subarray(0, -16));
  return `${prepared.header}..${base64url(iv)}.${text}.${base64url(sealed.subarray(-16))}`;
}

function padded(content: string): Uint8Array<ArrayBuffer> {
  const octets = utf8.encode(content);
  const plain = new Uint8Array(Math.ceil(octets.length / BLOCK) * BLOCK).fill(0x20);
  plain.set(octets);
  octets.fill(0);
  return plain;
}

function base64url(octets: Uint8Array): string {
  const text = btoa(String.fromCharCode(...octets));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
