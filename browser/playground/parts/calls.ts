// Every call as it happens, the newest on top.
import type { Call } from "./api";
import { copy } from "../../shared/copy";
import { curl } from "./curl";
import { button, byId, el, tell } from "../../shared/dom";

const MOST = 200;

export class Calls {
  readonly #list = byId("calls");
  /** The sandbox's own, by what they ask: the same one again only counts up. */
  readonly #sandbox = new Map<string, Row>();

  constructor() {
    byId("clear-calls").addEventListener("click", () => this.#clear());
    byId("show-sandbox").addEventListener("change", (event) => {
      this.#list.toggleAttribute("data-sandbox", (event.target as HTMLInputElement).checked);
    });
  }

  readonly add = (call: Call): void => {
    if (call.sandbox) this.#addSandbox(call);
    else this.#put(new Row(call).node);
  };

  /** Something that the page cannot see, and so is no call of its own. */
  note(tokens: Record<string, string>): void {
    const names = Object.entries(tokens).map(([name, token]) => `${name}: ${token.slice(0, 10)}…`);
    const text = "Typed into a frame, not seen by this page. It got ";
    const lock = el("span", { class: "lock", "aria-hidden": "true" });
    this.#put(el("li", { class: "note" }, lock, el("span", {}, text, el("code", {}, names.join(", ")))));
  }

  #addSandbox(call: Call): void {
    const key = `${call.method} ${call.path} ${call.status}`;
    const before = call.method === "GET" ? this.#sandbox.get(key) : undefined;
    if (before) return before.again(call);
    const made = new Row(call);
    this.#sandbox.set(key, made);
    this.#put(made.node);
  }

  #put(node: HTMLElement): void {
    this.#list.prepend(node);
    while (this.#list.children.length > MOST) this.#list.lastElementChild?.remove();
    this.#list.parentElement?.toggleAttribute("data-some", this.#shown());
  }

  #shown(): boolean {
    return this.#list.querySelector(":scope > li:not(.sandbox)") !== null;
  }

  #clear(): void {
    this.#sandbox.clear();
    this.#list.replaceChildren();
    this.#list.parentElement?.removeAttribute("data-some");
  }
}

class Row {
  readonly node: HTMLElement;
  #call: Call;
  #times = 1;
  readonly #count = el("span", { class: "times" });

  constructor(call: Call) {
    this.#call = call;
    const details = el("details", {}, summary(call, this.#count));
    const fill = () => details.append(...inside(this.#call));
    details.addEventListener("toggle", fill, { once: true });
    const name = call.sandbox ? "call sandbox" : "call";
    const data = { "data-path": call.path, "data-status": call.status };
    this.node = el("li", { class: name, ...data }, details);
  }

  /** What is inside is the latest until somebody looks. */
  again(call: Call): void {
    this.#call = call;
    this.#times += 1;
    tell(this.#count, `×${this.#times}`);
  }
}

function summary(call: Call, count: HTMLElement): HTMLElement {
  return el(
    "summary",
    {},
    el("span", { class: "method", "data-method": call.method }, call.method),
    el("span", { class: "path", title: call.path }, call.path),
    count,
    el("span", { class: "status", "data-class": Math.floor(call.status / 100) }, statusText(call)),
    el("span", { class: "took" }, `${Math.max(1, Math.round(call.milliseconds))} ms`),
  );
}

function statusText(call: Call): string {
  return call.status ? String(call.status) : "no answer";
}

function inside(call: Call): Node[] {
  const copies = button("Copy as curl", () => void copy(curl(call, location.origin), copies), {
    class: "copy-curl",
  });
  const request = [`${call.method} ${call.path}`, ...Object.entries(call.headers).map(line)];
  const received = pretty(call.received);
  return [
    el("div", { class: "part" }, el("h3", {}, "Request"), copies),
    block([...request, ...(call.sent ? ["", pretty(call.sent)] : [])].join("\n"), "Request"),
    el("div", { class: "part" }, el("h3", {}, "Response"), el("span", {}, statusText(call))),
    received ? block(received, "Response") : el("p", { class: "hint" }, "No body."),
  ];
}

function line([name, value]: [string, string]): string {
  return `${name}: ${value}`;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Tokens of the secure fields stand out: they are where a password would be. */
function block(text: string, label: string): HTMLElement {
  const parts = text.split(/(cap_[0-9A-Za-z]{39})/);
  const nodes = parts.map((part, index) =>
    index % 2 ? el("mark", { title: "A single-use token in place of the secret" }, part) : part,
  );
  return el("pre", { tabindex: 0, role: "group", "aria-label": label }, ...nodes);
}
