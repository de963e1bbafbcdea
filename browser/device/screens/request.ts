// One request: exactly what the server issued, and the person's answer to it.
import { button, el, tell } from "../../shared/dom";
import { text } from "../../shared/read";
import { asDevice, Failed } from "../parts/api";
import type { App } from "../parts/app";
import { sign } from "../parts/authenticator";
import type { Members } from "../parts/canonical";
import { now } from "../parts/clock";
import { answered, type Question, readQuestion } from "../parts/content";
import { act, busy, problem, show } from "../parts/place";
import type { Waits } from "../parts/waiting";
import { explain, explainWrong, isClosed, span } from "../parts/words";
import { outcomeScreen } from "./outcome";

const TICK_MS = 500;
const SECOND_MS = 1_000;
const LONGEST = 100_000;
const NUMBER = /^[0-9]{2}$/;

type Reason = "not_me" | "changed_mind";

/** Fetches it and shows it. Throws Failed. */
export async function requestScreen(app: App, waits: Waits): Promise<void> {
  const { enrolment, id } = waits;
  const told = await asDevice(enrolment, "GET", `/challenges/${id}`);
  if (!app.waiting.has(enrolment.device, id)) return;
  let question: Question;
  try {
    question = readQuestion(text(told, "content", LONGEST));
    if (question.challenge !== id || question.programme.id !== enrolment.programme.id) throw new Error("another’s");
  } catch {
    return unreadable(app, waits);
  }
  new Asked(app, waits, question);
}

/** It is neither shown in part nor signed: it expires by itself. */
function unreadable(app: App, waits: Waits): void {
  const texts = [
    "This app cannot show it exactly as it was sent, so it cannot be answered here. Nothing was approved.",
    "Tell whoever you deal with there. If this app is old, close it and open it again.",
  ];
  app.waiting.skip(waits.id);
  const next = button("Go on", () => app.toWaiting(), { id: "done" });
  show({
    name: "unreadable",
    title: `A request from ${waits.enrolment.programme.name} that cannot be shown`,
    nodes: [...texts.map((one) => el("p", { class: "outcome closed" }, one)), el("div", { class: "actions" }, next)],
  });
}

class Asked {
  readonly #app: App;
  readonly #waits: Waits;
  readonly #question: Question;
  readonly #trouble = problem();
  readonly #left = el("span", { id: "left" });
  readonly #answers = el("div", { class: "answers" });
  readonly #number = el("input", {
    id: "number",
    type: "text",
    class: "code-input",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: 2,
    "aria-describedby": "number-hint problem",
  });
  readonly #timer: ReturnType<typeof setInterval>;
  #over = false;

  constructor(app: App, waits: Waits, question: Question) {
    this.#app = app;
    this.#waits = waits;
    this.#question = question;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#ask();
    show({
      name: "request",
      title: `${question.programme.name} asks you to`,
      nodes: [exactly(question), el("p", { class: "fine", role: "timer" }, "Valid for ", this.#left), this.#answers],
      gone: () => this.#end(),
    });
    this.#tick();
  }

  #ask(): void {
    const approve = el("button", { type: "submit", class: "primary", id: "approve" }, "Approve");
    const decline = button("Decline", () => this.#askWhy(), { id: "decline" });
    const number = [
      el("label", { for: "number" }, "The number that the other screen shows"),
      this.#number,
      el("p", { class: "hint", id: "number-hint" }, "If no other screen of yours shows a number, decline: somebody else has started this."),
    ];
    const form = el(
      "form",
      { novalidate: true },
      ...(this.#question.number ? number : []),
      this.#trouble.node,
      el("div", { class: "actions" }, approve, decline),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#approve(approve);
    });
    this.#answers.replaceChildren(form);
  }

  #askWhy(): void {
    const because = (label: string, reason: Reason, id: string) =>
      act(label, this.#trouble, () => this.#answer({ decision: "decline", reason }), { id });
    const first = because("I changed my mind", "changed_mind", "changed-mind");
    this.#trouble.say("");
    this.#answers.replaceChildren(
      el(
        "div",
        { role: "group", "aria-labelledby": "why" },
        el("h2", { id: "why" }, "Why do you decline?"),
        this.#trouble.node,
        el("div", { class: "actions column" }, first, because("This was not me", "not_me", "not-me")),
        el("p", { class: "hint" }, "“This was not me” stops it for good. If somebody is logged in as you, it logs you out everywhere. You are told what to do."),
        button("Back", () => (this.#ask(), document.getElementById("decline")?.focus()), { id: "back", class: "link" }),
      ),
    );
    first.focus();
  }

  async #approve(pressed: HTMLElement): Promise<void> {
    const number = this.#number.value.trim();
    if (this.#question.number && !NUMBER.test(number)) {
      this.#trouble.say("Enter the number of two digits that the other screen shows.");
      return this.#number.focus();
    }
    const told: Members = this.#question.number ? { decision: "approve", number } : { decision: "approve" };
    await busy(pressed, this.#trouble, () => this.#answer(told));
  }

  /** Signs the question with this answer in it, and sends it. */
  async #answer(told: Members): Promise<void> {
    const { enrolment, id } = this.#waits;
    if (this.#gone()) return;
    const answer: Members = { ...told, time: now() };
    const signed = answered(this.#question, { ...answer, device: enrolment.device });
    const assertion = await sign(enrolment.rp.id, enrolment.credential, signed);
    if (this.#over) return;
    const approves = told["decision"] === "approve";
    try {
      const body = { ...answer, assertion };
      const result = await asDevice(enrolment, "POST", `/challenges/${id}/answer`, { body });
      this.#app.waiting.drop(enrolment.device, id);
      outcomeScreen(this.#app, enrolment, approves ? "approved" : told["reason"] === "not_me" ? "not-me" : "declined");
      this.#handOver(text(result, "token", LONGEST));
    } catch (error) {
      this.#refused(error, approves && this.#question.number);
    }
  }

  #refused(error: unknown, number: boolean): void {
    if (isClosed(error)) {
      const wrong = error instanceof Failed && error.code === "answer_wrong";
      this.#app.waiting.drop(this.#waits.enrolment.device, this.#waits.id);
      return outcomeScreen(this.#app, this.#waits.enrolment, "closed", wrong ? explainWrong(error, number) : explain(error));
    }
    if (!(error instanceof Failed && error.code === "answer_wrong")) throw error;
    this.#trouble.say(explainWrong(error, number));
    if (number) this.#number.select();
    if (number) this.#number.focus();
  }

  /** A log-in's one-time token, to a page of this very origin that holds this app. */
  #handOver(token: string): void {
    if (token && this.#app.framed) window.parent.postMessage({ assent: "log-in", token }, location.origin);
  }

  #tick(): void {
    if (this.#over || this.#gone()) return;
    const left = Math.ceil((this.#question.expiresAt - this.#app.waiting.now()) / SECOND_MS);
    if (left <= 0) return this.#close("The time for this is over.");
    tell(this.#left, span(left));
  }

  /** It was answered on another device, withdrawn, or this one was removed. Without a connection
   * nobody knows: then it stays, and cannot be answered. */
  #gone(): boolean {
    const { enrolment, id } = this.#waits;
    const link = this.#app.waiting.link(enrolment.device);
    const gone = link === "unknown" || (link === "listening" && !this.#app.waiting.has(enrolment.device, id));
    if (gone) this.#close(link === "unknown" ? explain(new Failed("device_unknown")) : "This was answered on another device, withdrawn, or its time is over.");
    return gone;
  }

  #close(why: string): void {
    if (this.#over) return;
    this.#end();
    outcomeScreen(this.#app, this.#waits.enrolment, "closed", why);
  }

  #end(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }
}

/** All of it, in its order, and nothing else: as text nodes, each kept apart from its surroundings. */
function exactly(question: Question): HTMLElement {
  return el(
    "div",
    { id: "exactly", role: "group", "aria-label": "What you are asked to approve" },
    el("p", { id: "said", dir: "auto" }, question.text),
    ...(question.fields.length ? [el("dl", { id: "fields" }, ...question.fields.flatMap(row))] : []),
  );
}

function row({ label, value }: { label: string; value: string }): HTMLElement[] {
  return [el("dt", { dir: "auto" }, label), el("dd", { dir: "auto" }, value)];
}
