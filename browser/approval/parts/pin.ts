// The PIN: typed into a frame of another origin. This page gets a single-use token for it.
import { Form } from "../../sdk/form";
import { faceOf } from "../../sdk/library";
import type { SecureFieldError, SecureInput, Style } from "../../sdk/client.1.d.ts";
import { PIN } from "../../shared/protocol";
import { el } from "../../shared/dom";
import { Failed } from "../api";
import { type Around, formOf, type Panel } from "./panel";

const NAME = "pin";
const dark = matchMedia("(prefers-color-scheme: dark)");

export class PinPanel implements Panel {
  readonly node: HTMLElement;
  readonly #around: Around;
  readonly #form: Form;
  readonly #input: SecureInput;
  readonly #place = el("div", { class: "secure", id: "pin" });
  readonly #button = el("button", { class: "primary" }, "Confirm");
  readonly #restyle = (): void => this.#input.update({ style: style() });

  constructor(around: Around) {
    this.#around = around;
    this.#form = new Form(around.uiKey, [PIN]);
    const field = this.#form.add(NAME, PIN, { label: "PIN", autocomplete: "off", style: style() });
    this.#input = faceOf(field, this.#form);
    this.#input.on("focus", () => this.#place.classList.add("focused"));
    this.#input.on("blur", () => this.#place.classList.remove("focused"));
    this.#input.on("ready", () => this.#place.setAttribute("data-ready", ""));
    this.#input.on("submit", () => void this.#send());
    const label = el("label", { for: "pin" }, "PIN");
    const hint = el("p", { class: "hint" }, "Four digits. They are encrypted before they leave this field.");
    this.node = formOf(() => void this.#send(), label, this.#place, hint, this.#button);
    dark.addEventListener("change", this.#restyle);
  }

  shown(focus: boolean): void {
    this.#input.mount(this.#place);
    if (focus) this.#input.focus();
  }

  gone(): void {
    dark.removeEventListener("change", this.#restyle);
    this.#form.destroy();
  }

  async #send(): Promise<void> {
    await this.#around.run("PIN", this.#button, async () => {
      try {
        const state = await this.#around.api.verify("PIN", await this.#token());
        this.#around.proved(state);
      } catch (error) {
        this.#input.clear();
        this.#input.focus();
        throw error;
      }
    });
  }

  async #token(): Promise<string> {
    try {
      return (await this.#form.tokenize())[NAME] ?? "";
    } catch (error) {
      const { code } = error as SecureFieldError;
      const ours = code === "VALUE_EMPTY" || code === "VALUE_REFUSED" || code === "NOT_READY";
      if (ours) throw new Failed("type_again");
      throw new Failed(code === "CONNECTION_LOST" ? "connection" : "later");
    }
  }
}

/** The page's own colours, as its style sheet has them now. */
function style(): Style {
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  return {
    base: {
      color: ink,
      fontFamily: "system-ui, sans-serif",
      fontSize: "22px",
      letterSpacing: "6px",
      padding: "0 12px",
      height: "48px",
    },
  };
}
