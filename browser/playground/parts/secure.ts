// Secrets are typed into frames of another origin. This page gets tokens, by way of the SDK.
import type {
  FieldType,
  OpcUxSecureClient,
  SecureForm,
  SecureInput,
  Style,
} from "../../sdk/client.1.d.ts";
import { el } from "../../shared/dom";
import { explainField, type Words } from "./words";

export interface Wanted {
  name: string;
  type: FieldType;
  label: string;
  /** Being chosen, not remembered. */
  fresh?: boolean;
  hint?: string;
  /** Show how hard it is to guess. */
  strength?: boolean;
}

const STRENGTHS = ["very weak", "weak", "fair", "good", "strong"];
const dark = matchMedia("(prefers-color-scheme: dark)");

let sdk: OpcUxSecureClient | undefined;

export function startSdk(uiKey: string): boolean {
  sdk = window.OpcUxSecureClient;
  sdk?.init(uiKey); // not there if its script did not load
  return sdk !== undefined;
}

/** Some secure fields whose values become tokens together. */
export class SecureFields {
  readonly #form: SecureForm;
  readonly #inputs: SecureInput[] = [];
  readonly #restyle = (): void => this.#inputs.forEach((input) => input.update({ style: style() }));
  readonly nodes: HTMLElement[] = [];
  readonly #places: HTMLElement[] = [];

  constructor(wanted: Wanted[], submit: () => void) {
    if (!sdk) throw new Error("The SDK has not been loaded.");
    this.#form = sdk.form();
    for (const one of wanted) this.#add(one, submit);
    dark.addEventListener("change", this.#restyle);
  }

  #add(wanted: Wanted, submit: () => void): void {
    const input = this.#form.input(wanted.name, wanted.type, {
      label: wanted.label,
      placeholder: "",
      autocomplete: wanted.fresh ? "new-password" : "current-password",
      style: style(),
    });
    const place = el("div", { class: "secure", id: `secure-${wanted.name}` });
    const meter = wanted.strength ? new Meter() : null;
    const label = el("span", { class: "label", click: () => input.focus() }, wanted.label);
    const head = el("div", { class: "head" }, label, meter?.node);
    const hint = wanted.hint ? el("p", { class: "hint" }, wanted.hint) : null;
    input.on("focus", () => place.classList.add("focused"));
    input.on("blur", () => place.classList.remove("focused"));
    input.on("ready", () => place.setAttribute("data-ready", ""));
    input.on("submit", submit);
    if (meter) input.on("strength", ({ id }) => meter.show(id));
    this.nodes.push(el("div", { class: "field" }, head, place, hint));
    this.#places.push(place);
    this.#inputs.push(input);
  }

  /** When the nodes are in the page: a frame loads only there. */
  mount(): void {
    this.#inputs.forEach((input, index) => input.mount(this.#places[index]!));
  }

  tokens(): Promise<Record<string, string> | Words> {
    return new Promise((resolve) => {
      void this.#form.tokenize(resolve, (error) => resolve(explainField(error)));
    });
  }

  focus(): void {
    this.#inputs[0]?.focus();
  }

  clear(): void {
    this.#inputs.forEach((input) => input.clear());
  }

  destroy(): void {
    dark.removeEventListener("change", this.#restyle);
    this.#form.destroy();
  }
}

class Meter {
  readonly #bar = el("span", { class: "bar", "aria-hidden": "true" });
  readonly #text = el("span", { class: "text", role: "status" });
  readonly node = el("div", { class: "strength", "data-strength": "none" }, this.#bar, this.#text);

  show(id: number): void {
    this.node.dataset["strength"] = String(id);
    this.#text.textContent = STRENGTHS[id] ?? "";
  }
}

export function isWords(value: Record<string, string> | Words): value is Words {
  return typeof (value as Words).what === "string" && typeof (value as Words).next === "string";
}

/** The page's own colours, as its style sheet has them now. */
function style(): Style {
  const page = getComputedStyle(document.documentElement);
  const ink = page.getPropertyValue("--ink").trim();
  const muted = page.getPropertyValue("--muted").trim();
  return {
    base: {
      color: ink,
      fontFamily: "system-ui, sans-serif",
      fontSize: "16px",
      padding: "0 12px",
      "::placeholder": { color: muted },
    },
  };
}
