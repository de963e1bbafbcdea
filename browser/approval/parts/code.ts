// A code by text message, WhatsApp or phone call: sent when the person asks for it.
import { button, el, tell } from "../../shared/dom";
import type { Type } from "../page";
import { SEND, sent } from "../words";
import { type Around, formOf, type Panel } from "./panel";

const DIGITS = 6;

export class CodePanel implements Panel {
  readonly node: HTMLElement;
  readonly #type: Type;
  readonly #around: Around;
  readonly #send: HTMLButtonElement;
  readonly #again: HTMLButtonElement;
  readonly #confirm = el("button", { class: "primary" }, "Confirm");
  readonly #where = el("p");
  readonly #input = el("input", {
    id: "code",
    type: "text",
    class: "code-input",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    maxlength: DIGITS,
    required: true,
    "aria-describedby": "problem",
  });
  readonly #form: HTMLFormElement;

  constructor(type: Type, around: Around) {
    this.#type = type;
    this.#around = around;
    this.#send = button(SEND[type] ?? "", () => void this.#trigger(this.#send), { class: "primary" });
    this.#again = button("Send again", () => void this.#trigger(this.#again), { class: "link" });
    this.#input.addEventListener("input", () => this.#typed());
    const label = el("label", { for: "code" }, "Code of six digits");
    const actions = el("div", { class: "actions" }, this.#confirm, this.#again);
    this.#form = formOf(() => void this.#verify(), this.#where, label, this.#input, actions);
    this.#form.hidden = true;
    this.node = el("div", {}, this.#send, this.#form);
  }

  shown(focus: boolean): void {
    if (focus) this.#send.focus();
  }

  gone(): void {}

  /** As many digits as a code has are one: people paste them with spaces and hyphens. */
  #typed(): void {
    const digits = this.#input.value.replace(/[^0-9]/g, "");
    if (digits !== this.#input.value) this.#input.value = digits;
  }

  async #trigger(pressed: HTMLButtonElement): Promise<void> {
    const { run, api, say } = this.#around;
    await run(this.#type, pressed, async () => {
      const where = sent(this.#type, await api.trigger(this.#type));
      tell(this.#where, where);
      say(where);
      this.#send.hidden = true;
      this.#form.hidden = false;
      this.#input.value = "";
      this.#input.focus();
    });
  }

  async #verify(): Promise<void> {
    const { run, api, proved } = this.#around;
    if (this.#input.value.length !== DIGITS) return this.#input.focus();
    await run(this.#type, this.#confirm, async () => {
      try {
        proved(await api.verify(this.#type, this.#input.value));
      } catch (error) {
        this.#input.select();
        this.#input.focus();
        throw error;
      }
    });
  }
}
