// A new key in place of the old one: both sign the same.
import { text } from "../../shared/read";
import { asDevice } from "./api";
import { makeKey, sign } from "./authenticator";
import { readRotation } from "./content";
import type { Enrolment } from "./store";

const LONGEST = 10_000;

/** Changes the enrolment; it is to be kept then. Throws Failed, NotNow. */
export async function rotate(enrolment: Enrolment): Promise<void> {
  const begun = await asDevice(enrolment, "POST", "/device/rotations");
  const content = readRotation(text(begun, "content", LONGEST), enrolment.device);
  const signed = { ...content, name: enrolment.name, proof: enrolment.proofKey };
  // first the old one: some platforms keep one key a person, and the new one takes its place
  const assertion = await sign(enrolment.rp.id, enrolment.credential, signed);
  const attestation = await makeKey(enrolment, enrolment.programme.name, signed, enrolment.attestation);
  const path = `/device/rotations/${text(begun, "rotation", LONGEST)}/finish`;
  const body = { name: enrolment.name, attestation, old: { assertion } };
  await asDevice(enrolment, "POST", path, { body });
  enrolment.credential = attestation.id;
}
