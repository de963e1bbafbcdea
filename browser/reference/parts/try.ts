// A form that makes the call.
import { announce } from "../../shared/announce";
import { el, tell } from "../../shared/dom";
import { media, needsBearer, type Parameter, type Placed, type Reader } from "./document";
import type { Keys } from "./keys";
import type { Sent } from "./people";
import { block, pretty } from "./text";

export function tryIt(reader: Reader, placed: Placed, keys: Keys): HTMLElement {
  const form = new Form(reader, placed, keys);
  const details = el("details", { class: "try" }, el("summary", {}, "Try it"), form.node);
  // what the example becomes depends on what other calls have answered
  details.addEventListener("toggle", () => details.open && form.fill());
  keys.whenLearnt(() => details.open && form.fill());
  return details;
}

class Form {
  readonly node: HTMLFormElement;
  readonly #reader: Reader;
  readonly #placed: Placed;
  readonly #keys: Keys;
  readonly #inputs: [Parameter, HTMLInputElement][];
  readonly #body: HTMLTextAreaElement | undefined;
  readonly #example: unknown;
  readonly #answer = el("div", { class: "answer" });
  readonly #touched = new Set<EventTarget>();
  readonly #send: HTMLButtonElement;

  constructor(reader: Reader, placed: Placed, keys: Keys) {
    [this.#reader, this.#placed, this.#keys] = [reader, placed, keys];
    const { operation } = placed;
    const held = media(operation.requestBody?.content);
    this.#example = held?.example;
    const id = (name: string) => `${operation.operationId}-${name}`;
    this.#inputs = (operation.parameters ?? []).map((one) => [
      one,
      el("input", { id: id(one.name), required: Boolean(one.required), autocomplete: "off", spellcheck: "false" }),
    ]);
    this.#body = held && el("textarea", { id: id("body"), rows: 10, autocomplete: "off", spellcheck: "false" });
    this.#send = el("button", { class: "primary" }, "Send");
    this.node = el(
      "form",
      {},
      ...this.#inputs.map(([one, input]) =>
        el("p", { class: "field" }, el("label", { for: input.id }, `${one.name}${one.required ? "" : " (may be left out)"}`), input),
      ),
      this.#body && el("p", { class: "field" }, el("label", { for: id("body") }, "Body"), this.#body),
      el("p", { class: "actions" }, this.#send),
      this.#answer,
    );
    this.node.addEventListener("input", (event) => event.target && this.#touched.add(event.target));
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#call();
    });
  }

  /** Puts the example into every field that nobody has touched. */
  fill(): void {
    for (const [one, input] of this.#inputs) {
      if (!this.#touched.has(input)) input.value = this.#keys.parameter(this.#placed.path, one.name, one.example);
    }
    if (this.#body && !this.#touched.has(this.#body)) {
      this.#body.value = pretty(this.#keys.body(this.#placed.path, this.#example));
      this.#body.rows = Math.min(24, this.#body.value.split("\n").length + 1);
    }
  }

  async #call(): Promise<void> {
    this.#send.setAttribute("aria-busy", "true");
    const sent = this.#sent();
    try {
      const answer = await fetch(this.#target(), {
        method: this.#placed.method,
        headers: this.#headers(),
        body: this.#body ? this.#body.value : null,
        cache: "no-store",
        credentials: "omit",
      });
      this.#show(answer.status, await answer.text(), sent);
    } catch {
      this.#show(0, "", sent);
    }
    this.#send.removeAttribute("aria-busy");
  }

  #sent(): Sent {
    const { method, path } = this.#placed;
    const params = Object.fromEntries(this.#inputs.map(([one, input]) => [one.name, input.value]));
    return { method, path, params, body: parsed(this.#body?.value ?? "") };
  }

  #target(): string {
    let path = `${this.#reader.base}${this.#placed.path}`;
    const query = new URLSearchParams();
    for (const [one, input] of this.#inputs) {
      if (one.in === "path") path = path.replace(`{${one.name}}`, encodeURIComponent(input.value));
      if (one.in === "query" && input.value) query.set(one.name, input.value);
    }
    return query.size ? `${path}?${query}` : path;
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { "api-key": this.#keys.apiKey };
    if (needsBearer(this.#placed.operation) && this.#keys.token) {
      headers["authorization"] = `Bearer ${this.#keys.token}`;
    }
    for (const [one, input] of this.#inputs) {
      if (one.in === "header" && input.value) headers[one.name] = input.value;
    }
    if (this.#body) headers["content-type"] = "application/json";
    return headers;
  }

  #show(status: number, received: string, sent: Sent): void {
    const body = parsed(received);
    const said = status ? String(status) : "no answer";
    const name = el("span", { class: "status", "data-class": Math.floor(status / 100) }, said);
    const shown = received
      ? block(body === undefined ? received : pretty(body), "Answer")
      : el("p", { class: "hint" }, status ? "No body." : "Is the sandbox still running?");
    this.#answer.replaceChildren(el("p", {}, "Answer ", name), shown);
    this.#answer.dataset["status"] = String(status);
    announce(`Answered ${said}.`);
    tell(this.#send, "Send again");
    if (status >= 200 && status < 300) this.#keys.learn(sent, body);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
