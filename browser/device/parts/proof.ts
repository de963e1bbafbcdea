// Proof that a call comes from this device: a JWT signed for that call alone (RFC 9449).
import { toBase64 } from "./base64";
import { now } from "./clock";

/** A public JWK, and nothing but what makes it one. */
export type PublicKey = Readonly<Record<"kty" | "crv" | "x" | "y", string>>;

const SORT = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const JTI_OCTETS = 16;
const SECOND_MS = 1_000;

export interface ProofKey {
  pair: CryptoKeyPair;
  public: PublicKey;
}

/** Its private half cannot be read by anybody, this app included. */
export async function makeProofKey(): Promise<ProofKey> {
  const pair = await crypto.subtle.generateKey(SORT, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (!kty || !crv || !x || !y) throw new Error("The browser made no P-256 key.");
  return { pair, public: { kty, crv, x, y } };
}

/** The `DPoP` header of one call. `url` without query and fragment (4.2). */
export async function proofOf(key: ProofKey, method: string, url: string): Promise<string> {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: key.public };
  const claims = {
    htm: method,
    htu: url,
    iat: Math.floor(now() / SECOND_MS),
    jti: toBase64(crypto.getRandomValues(new Uint8Array(JTI_OCTETS))),
  };
  const signed = `${part(header)}.${part(claims)}`;
  const signature = await crypto.subtle.sign(SIGNATURE, key.pair.privateKey, text(signed));
  return `${signed}.${toBase64(signature)}`;
}

function part(value: object): string {
  return toBase64(text(JSON.stringify(value)));
}

function text(from: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(from);
}
