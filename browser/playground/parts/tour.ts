// The way through the product for who sees it the first time; ticks off what was done.
import { byId, el, tell } from "../../shared/dom";

const STEPS = [
  ["sign-up", "Sign up", "Sign up as Ada. Her password goes into frames of another origin: this page never sees it."],
  ["log-in", "Log in", "Log in with the password you chose. That is one factor: something Ada knows."],
  ["enrol", "Enrol the phone", "Press “Enrol this phone”, and use the code that arrives on the phone."],
  ["step-up", "Step up", "Press “Step up”: a second factor, something Ada has. (Enrolling has counted as one for this session.)"],
  ["change", "Change the password", "Press “Change password”. It takes a stepped-up session, and ends all the others."],
  ["wait", "Wait", "Now leave the bank alone: after five idle minutes the session ends. “+5 min” moves the clock."],
] as const;
const DONE = "That was the tour. Each call you made is among the API calls; the README has them for a shell.";

export type Step = (typeof STEPS)[number][0];

export class Tour {
  readonly #done = new Set<Step>();

  constructor() {
    byId("tour").replaceChildren(...STEPS.map(([step, label]) => item(step, label)));
    this.#show();
  }

  done(step: Step): void {
    if (this.#done.has(step)) return;
    this.#done.add(step);
    this.#show();
  }

  #show(): void {
    const current = STEPS.find(([step]) => !this.#done.has(step));
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
