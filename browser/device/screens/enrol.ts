// The link is opened: this browser makes its keys, and signs what it was given with both.
import { el } from "../../shared/dom";
import { oneOf, own, text } from "../../shared/read";
import { exchange, Failed } from "../parts/api";
import type { App } from "../parts/app";
import { type Attestation, makeKey } from "../parts/authenticator";
import type { Members } from "../parts/canonical";
import { readEnrolment } from "../parts/content";
import { busy, problem, show } from "../parts/place";
import { makeProofKey, type ProofKey } from "../parts/proof";
import { address, WEB_PUSH } from "../parts/push";
import type { Enrolment } from "../parts/store";
import { suggestedName } from "../parts/words";

const ATTESTATIONS = ["none", "direct"] as const;
const LONGEST = 200;
const LONGEST_NAME = 60;

interface Begun {
  token: string;
  device: string;
  programme: { id: string; name: string };
  user: string;
  content: Members;
  codeSent: boolean;
  rp: { id: string; name: string };
  userHandle: string;
  attestation: Enrolment["attestation"];
  pushKey: string;
}

/** What was made for a try: if only the code was wrong, the next try takes the same keys. */
interface Made {
  name: string;
  key: ProofKey;
  attestation: Attestation;
}

/** Uses the link up. Throws Failed. */
export async function enrol(app: App, token: string): Promise<void> {
  form(app, read(token, await exchange("POST", "/enrolments", { body: { token } })));
}

function read(token: string, told: unknown): Begun {
  const programme = own(told, "programme");
  const webauthn = own(told, "webauthn");
  const device = text(told, "device", LONGEST);
  const id = text(programme, "id", LONGEST);
  const content = own(told, "content");
  return {
    token,
    device,
    programme: { id, name: text(programme, "name", LONGEST) },
    user: text(own(told, "user"), "id", LONGEST),
    content: readEnrolment(typeof content === "string" ? content : "", device, id),
    codeSent: own(told, "codeSent") === true,
    rp: { id: text(webauthn, "rpId", LONGEST), name: text(webauthn, "rpName", LONGEST) },
    userHandle: text(webauthn, "userHandle", LONGEST),
    attestation: oneOf(webauthn, "attestation", ATTESTATIONS) ?? "none",
    pushKey: text(own(told, "webPush"), "publicKey", LONGEST),
  };
}

function form(app: App, begun: Begun): void {
  const trouble = problem();
  const name = el("input", { id: "name", type: "text", maxlength: LONGEST_NAME, required: true, autocomplete: "off" });
  name.value = suggestedName(navigator.userAgent);
  const code = el("input", {
    id: "code",
    type: "text",
    class: "code-input",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    maxlength: 6,
    "aria-describedby": "problem",
  });
  const add = el("button", { type: "submit", class: "primary", id: "add" }, "Add this device");
  let made: Made | undefined;
  const work = async (): Promise<void> => {
    const chosen = name.value.trim();
    if (!chosen) return missing(name, "Give the device a name.");
    if (begun.codeSent && !/^[0-9]{6}$/.test(code.value.trim())) {
      return missing(code, "Enter the code of six digits that we sent to your phone.");
    }
    if (made?.name !== chosen) made = await makeKeys(app, begun, chosen);
    try {
      const enrolment = await finish(begun, made, begun.codeSent ? code.value.trim() : undefined);
      await app.added(enrolment);
    } catch (error) {
      if (error instanceof Failed && error.code === "code_wrong") code.select();
      throw error;
    }
    app.toWaiting(`This browser is now your device “${chosen}”.`);
  };
  const missing = (input: HTMLInputElement, what: string): void => {
    trouble.say(what);
    input.focus();
  };
  const node = el(
    "form",
    { id: "enrol-form", novalidate: true },
    el("div", { class: "field" }, el("label", { for: "name" }, "Name of this device"), name),
    ...(begun.codeSent
      ? [el("div", { class: "field" }, el("label", { for: "code" }, "Code that we sent to your phone"), code)]
      : []),
    trouble.node,
    el("div", { class: "actions" }, add),
  );
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(add, trouble, work);
  });
  const intro = "Next, your browser asks for your fingerprint, your face or your screen lock. It stays on this device.";
  show({ name: "enrol", title: `Add this device to ${begun.programme.name}`, nodes: [el("p", {}, intro), node] });
}

async function makeKeys(app: App, begun: Begun, name: string): Promise<Made> {
  const key = await makeProofKey();
  const signed = { ...begun.content, name, proof: key.public };
  const held = app.enrolments
    .filter((one) => one.programme.id === begun.programme.id && one.user === begun.user)
    .filter((one) => app.waiting.link(one.device) !== "unknown")
    .map((one) => one.credential);
  return { name, key, attestation: await makeKey(begun, begun.programme.name, signed, begun.attestation, held) };
}

async function finish(begun: Begun, made: Made, code: string | undefined): Promise<Enrolment> {
  const pushed = await address(begun.pushKey).catch(() => "");
  const body = {
    token: begun.token,
    name: made.name,
    attestation: made.attestation,
    ...(code === undefined ? {} : { code }),
    ...(pushed ? { push: { transport: WEB_PUSH, address: pushed } } : {}),
  };
  const told = await exchange("POST", "/enrolments/finish", { body, key: made.key });
  return {
    device: text(told, "device", LONGEST) || begun.device,
    name: text(told, "name", LONGEST) || made.name,
    programme: begun.programme,
    user: begun.user,
    rp: begun.rp,
    userHandle: begun.userHandle,
    attestation: begun.attestation,
    credential: made.attestation.id,
    proof: made.key.pair,
    proofKey: made.key.public,
    pushKey: begun.pushKey,
    pushed,
  };
}
