// The way through the product for who sees it the first time; ticks off what was done.
import { byId, el, tell } from "../../shared/dom";

const STEPS = [
  ["sign-up", "Sign up", "Sign up as Ada. Her password goes into frames of another origin: this page never sees it."],
  ["log-in", "Log in", "Log in with the password you chose. That is one factor: something Ada knows."],
  ["enrol", "Enrol the phone", "Press “Enrol this phone”, and use the code that arrives on the phone."],
  ["step-up", "Step up", "Press “Step up”: a second factor, something Ada has. (Enrolling has counted as one for this session.)"],
  ["device", "Add a device", "Press “Add a device”: the phone’s second app opens the link, and makes a key that only your fingerprint, face or screen lock uses."],
  ["approve", "Approve on it", "Log out and in again, then press “Approve on your device”: the app shows what it is for, and signs your answer."],
  ["change", "Change the password", "Press “Change password”. It takes a stepped-up session, and ends all the others."],
  ["wait", "Wait", "Now leave the bank alone: after five idle minutes the session ends. “+5 min” moves the clock."],
] as const;
const DONE = "That was the tour. Each call you made is among the API calls; the README has them for a shell.";

export type Step = (typeof STEPS)[number][0];
/** What a browser without a fingerprint reader, a camera or a screen lock cannot do. */
const OWN_DEVICE: readonly Step[] = ["device", "approve"];

export class Tour {
  readonly #done = new Set<Step>();
  readonly #steps: readonly (typeof STEPS)[number][];

  /** `canApprove`: whether this browser can be a device itself. */
  constructor(canApprove: boolean) {
    this.#steps = STEPS.filter(([step]) => canApprove || !OWN_DEVICE.includes(step));
    byId("tour").replaceChildren(...this.#steps.map(([step, label]) => item(step, label)));
    this.#show();
  }

  done(step: Step): void {
    if (this.#done.has(step)) return;
    this.#done.add(step);
    this.#show();
  }

  #show(): void {
    const current = this.#steps.find(([step]) => !this.#done.has(step));
    for (const node of byId("tour").querySelectorAll("li")) {
      const step = node.dataset["step"] as Step;
      node.toggleAttribute("data-done", this.#done.has(step));
      if (step === current?.[0]) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
      const state = node.querySelector(".unseen");
      if (state instanceof HTMLElement) tell(state, this.#done.has(step) ? " (done)" : "");
    }
    tell(byId("tour-hint"), current?.[2] ?? DONE);
  }
}

function item(step: Step, label: string): HTMLElement {
  const text = el("span", { class: "step-label" }, label);
  return el("li", { "data-step": step }, text, el("span", { class: "unseen" }));
}
