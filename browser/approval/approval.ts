// The page on which a person approves: what, by which proofs, and who is told of the end.
import { button, byId, el, tell } from "../shared/dom";
import { Api, Failed } from "./api";
import { Holder, inFrame, type Outcome } from "./holder";
import { type Asked, readTold, type State, type Type } from "./page";
import { type Around, isHere, type Panel, panelFor } from "./parts/panel";
import { explain, span, WAYS } from "./words";

// Categories that make enough proof: CATEGORIES_NEEDED of domain/approval.py, which decides. Here it numbers steps.
const WANTED = 2;
const SECOND_MS = 1_000;

class Approval {
  readonly #holder: Holder;
  readonly #around: Around;
  readonly #problem = byId("problem");
  readonly #steps = byId("steps");
  readonly #ends: number;
  #panel: Panel | undefined;
  #left: Type[][] = [];
  #busy = false;
  #ended = false;

  constructor(holder: Holder, asked: Asked) {
    this.#holder = holder;
    this.#ends = performance.now() + asked.seconds * SECOND_MS;
    this.#around = {
      api: new Api(asked.token),
      uiKey: asked.uiKey,
      run: (type, pressed, work) => this.#run(type, pressed, work),
      proved: (state) => this.#show(state, true),
      isNew: (state) => state.granted || String(state.challenges) !== String(this.#left),
      say: (text) => tell(byId("status"), text),
    };
    byId("cancel").addEventListener("click", () => this.#end("closed", "Cancelled", "Nothing was approved."));
    this.#tick();
    this.#show(asked, false);
  }

  #show({ granted, challenges }: State, focus: boolean): void {
    const ways = challenges[0];
    this.#left = challenges;
    if (granted) return this.#end("success", "Approved", "You can go on.");
    if (!ways?.length) return this.#end("failed", "Not approved", explain("not_possible", "PIN"));
    const here = ways.filter(isHere);
    const possible = here.length ? here : ways.slice(0, 1);
    const step = Math.max(1, WANTED - challenges.length + 1);
    if (focus) this.#around.say(`That was right. Step ${step} of ${WANTED}.`);
    this.#choose(possible[0]!, possible, step, focus);
  }

  #choose(type: Type, possible: Type[], step: number, focus: boolean): void {
    this.#panel?.gone();
    this.#panel = panelFor(type, this.#around);
    tell(this.#problem, "");
    const others = possible.filter((one) => one !== type).map((one) =>
      el("li", {}, button(WAYS[one], () => this.#choose(one, possible, step, true), { class: "link" })),
    );
    this.#steps.replaceChildren(
      el("p", { class: "fine" }, `Step ${step} of ${WANTED}`),
      el("h2", { id: "way" }, WAYS[type]),
      this.#panel.node,
      ...(others.length ? [el("p", { class: "fine" }, "Or, another way:"), el("ul", {}, ...others)] : []),
    );
    this.#panel.shown(focus);
  }

  async #run(type: Type, pressed: HTMLButtonElement | undefined, work: () => Promise<void>): Promise<void> {
    if (this.#busy || this.#ended) return;
    this.#busy = true;
    pressed?.setAttribute("aria-busy", "true");
    if (pressed) tell(this.#problem, "");
    try {
      await work();
    } catch (error) {
      this.#failed(error instanceof Failed ? error : new Failed("later"), type);
    } finally {
      this.#busy = false;
      pressed?.removeAttribute("aria-busy");
    }
  }

  #failed({ problem, wait }: Failed, type: Type): void {
    const text = explain(problem, type, wait);
    if (problem === "blocked" || problem === "gone") this.#end("failed", "Not approved", text);
    else tell(this.#problem, text);
  }

  #tick(): void {
    if (this.#ended) return;
    const left = Math.ceil((this.#ends - performance.now()) / SECOND_MS);
    if (left <= 0) return this.#end("failed", "Not approved", explain("gone", "PIN"));
    tell(byId("left"), span(left));
    setTimeout(() => this.#tick(), SECOND_MS);
  }

  #end(outcome: Outcome, title: string, text: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#panel?.gone();
    const heading = el("h2", { tabindex: -1, class: outcome }, title);
    const close = inFrame() ? null : button("Close this window", () => window.close());
    byId("asking").hidden = true;
    byId("outcome").replaceChildren(heading, el("p", {}, text), ...(close ? [close] : []));
    heading.focus();
    this.#holder.tell(outcome);
  }
}

const { asked, targets } = readTold();
const holder = new Holder(targets);
if (asked) new Approval(holder, asked);
else holder.tell("failed");
