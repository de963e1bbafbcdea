// The platform's authenticator: fingerprint, face or screen lock, and a key that never leaves it.
import { fromBase64, toBase64 } from "./base64";
import { digest, type Members } from "./canonical";

const ES256 = -7;
const ED25519 = -8;
const PATIENCE_MS = 120_000;

/** Nothing was signed: the person said no to the prompt, or it ran out. */
export class NotNow extends Error {}
/** This browser holds a key of the same person already. */
export class HeldAlready extends Error {}

export interface Party {
  rp: { id: string; name: string };
  userHandle: string;
}

export interface Attestation {
  id: string;
  clientDataJSON: string;
  attestationObject: string;
}

export interface Assertion {
  id: string;
  clientDataJSON: string;
  authenticatorData: string;
  signature: string;
}

/** Whether it can ask for a fingerprint, a face or the screen's lock. */
export async function isThere(): Promise<boolean> {
  if (!("PublicKeyCredential" in window)) return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
}

/** A new key, whose first signature is over `signed`. `held` are ids of keys that this person
 * must not have here already. */
export async function makeKey(
  party: Party,
  person: string,
  signed: Members,
  attestation: AttestationConveyancePreference,
  held: readonly string[] = [],
): Promise<Attestation> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    rp: party.rp,
    user: { id: fromBase64(party.userHandle), name: person, displayName: person },
    challenge: await digest(signed),
    pubKeyCredParams: [ES256, ED25519].map((alg) => ({ type: "public-key", alg })),
    authenticatorSelection: {
      authenticatorAttachment: "platform",
      residentKey: "discouraged",
      userVerification: "required",
    },
    excludeCredentials: held.map(described),
    attestation,
    timeout: PATIENCE_MS,
  };
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: toBase64(made.rawId),
    clientDataJSON: toBase64(response.clientDataJSON),
    attestationObject: toBase64(response.attestationObject),
  };
}

/** The signature over `signed`: an assertion whose challenge is its SHA-256. */
export async function sign(rpId: string, credential: string, signed: Members): Promise<Assertion> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    rpId,
    challenge: await digest(signed),
    allowCredentials: [described(credential)],
    userVerification: "required",
    timeout: PATIENCE_MS,
  };
  const given = await asked(() => navigator.credentials.get({ publicKey }));
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    id: toBase64(given.rawId),
    clientDataJSON: toBase64(response.clientDataJSON),
    authenticatorData: toBase64(response.authenticatorData),
    signature: toBase64(response.signature),
  };
}

function described(id: string): PublicKeyCredentialDescriptor {
  return { type: "public-key", id: fromBase64(id), transports: ["internal"] };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let given: Credential | null;
  try {
    given = await ask();
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") throw new HeldAlready();
    if (error instanceof DOMException && error.name === "NotAllowedError") throw new NotNow();
    throw error;
  }
  if (!(given instanceof PublicKeyCredential)) throw new NotNow();
  return given;
}
