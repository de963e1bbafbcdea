// The person's own device: added by a link, and asked to approve.
import { type Answer, at, isOk, textAt } from "../parts/api";
import type { Bank, Screen } from "../parts/bank";
import { showApp } from "../parts/device-app";
import { wordsOf } from "../parts/form";
import { button, el } from "../../shared/dom";
import { type Doing, explain } from "../parts/words";
import { homeScreen } from "./home";

const LOOK_MS = 1_000;
const PUSH = "/stepup/challenges/push/BIOMETRIC";
const HERE = "The app on the phone beside has opened this link. It is good for one device, once, within five minutes.";
const NOT_HERE = "This browser cannot ask for a fingerprint, a face or a screen lock. Scan the code with a device that reaches this server.";

/** Whether this browser can be a device itself. */
export async function canApprove(): Promise<boolean> {
  if (!("PublicKeyCredential" in window)) return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
}

/** Makes a link, and hands it to the app beside. */
export async function addDevice(bank: Bank): Promise<void> {
  const before = await devicesOf(bank);
  const made = await bank.device("POST", "/links");
  if (!isOk(made)) return refused(bank, "Add a device", made, "add the device");
  const link = textAt(made.body, "link");
  const here = await canApprove();
  const open = () => showApp(new URL(link).hash);
  const again = button("Open it on the phone beside", open, { id: "open-app" });
  const added = async (): Promise<Screen | undefined> => {
    if ((await devicesOf(bank)) <= before) return undefined;
    bank.parts.tour.done("device");
    bank.session.steppedUp = true; // it was, or a code in the ceremony has done it
    return homeScreen(bank, "The device is added: it can approve from now on.");
  };
  const nodes = [
    el("p", {}, here ? HERE : NOT_HERE),
    el("img", { id: "device-qr", src: textAt(made.body, "qr"), alt: "The link as a QR code", width: 160, height: 160 }),
    el("p", { class: "hint", id: "device-link" }, link),
    el("div", { class: "actions" }, here && again, back(bank)),
  ];
  bank.show(watched(bank, { name: "device", title: "Add a device", nodes }, added));
  if (here) open();
}

/** Asks the person's devices whether this session may do more. */
export async function stepUpOnDevice(bank: Bank): Promise<void> {
  if (!(await devicesOf(bank))) return addDevice(bank);
  const asked = await bank.call("POST", PUSH);
  if (!isOk(asked)) return refused(bank, "Approve on your device", asked, "step up");
  const number = textAt(asked.body, "number");
  const nodes = [
    el("p", {}, "Your device shows what this is for, and asks for your fingerprint, face or screen lock."),
    ...(number ? [el("p", {}, "There, enter this number: ", el("strong", { id: "push-number" }, number))] : []),
    el("div", { class: "actions" }, back(bank)),
  ];
  const outcome = () => settled(bank, textAt(asked.body, "id"));
  bank.show(watched(bank, { name: "push", title: "Approve on your device", nodes }, outcome));
  showApp();
}

/** A bank's server is told by a webhook what came of it. A page has none, and asks the sandbox: with
 * no call of the person's, so that waiting keeps no session alive. */
async function settled(bank: Bank, challenge: string): Promise<Screen | undefined> {
  const answer = await ofPerson(bank, `/challenges/${challenge}`);
  const state = textAt(answer.body, "state");
  if (!isOk(answer) || state === "pending") return undefined;
  if (state !== "passed") {
    await bank.call("GET", "/authentication_factors"); // "This was not me" has ended the session
    return homeScreen(bank, `It was not approved on your device: ${state}.`);
  }
  bank.session.steppedUp = true;
  bank.parts.tour.done("approve");
  return homeScreen(bank, "Approved on your device: this session is stepped up.");
}

async function devicesOf(bank: Bank): Promise<number> {
  const list = at((await ofPerson(bank, "/devices")).body, "devices");
  return Array.isArray(list) ? list.length : 0;
}

function ofPerson(bank: Bank, path: string): Promise<Answer> {
  return bank.parts.api.sandbox("GET", `/users/${bank.person?.id ?? ""}${path}`);
}

/** Looks once a second for as long as it is shown. */
function watched(bank: Bank, screen: Screen, look: () => Promise<Screen | undefined>): Screen {
  let gone = false;
  const again = async (): Promise<void> => {
    const next = await look();
    if (gone || !bank.session.open) return;
    if (next) bank.show(next);
    else setTimeout(() => void again(), LOOK_MS);
  };
  return { ...screen, shown: () => void again(), gone: () => (gone = true) };
}

function refused(bank: Bank, title: string, answer: Answer, doing: Doing): void {
  if (!bank.session.open) return;
  const problem = el("div", { class: "problem", role: "alert" }, ...wordsOf(explain(answer, doing)));
  bank.show({ name: "device", title, nodes: [problem, el("div", { class: "actions" }, back(bank))] });
}

function back(bank: Bank): HTMLButtonElement {
  return button("Not now", () => bank.show(homeScreen(bank)), { id: "not-now" });
}
