// The person's phone: what the sandbox's virtual phone and mailbox hold, looked at once a second.
import { type Api, at, isOk, textAt } from "./api";
import { announce } from "../../shared/announce";
import type { Clock } from "./clock";
import { shortTime } from "./clockbar";
import { copy } from "../../shared/copy";
import { button, byId, el, tell } from "../../shared/dom";
import * as deviceApp from "./device-app";

const EVERY_MS = 1000;

interface Message {
  id: string;
  sentAt: number;
  mail: boolean;
  body: string;
  code: string;
}

export class Phone {
  readonly #api: Api;
  readonly #seen = new Set<string>();
  #number = "";
  #email = "";
  #looking = false;
  #again = false;

  constructor(api: Api, clock: Clock) {
    this.#api = api;
    clock.onTick(() => tell(byId("phone-time"), shortTime(clock.now())));
    setInterval(() => {
      if (document.visibilityState === "visible") void this.look();
    }, EVERY_MS);
    document.addEventListener("visibilitychange", () => void this.look());
  }

  /** Another person's phone shows none of the messages before. */
  belongsTo(number: string, email: string): void {
    if (number === this.#number && email === this.#email) return;
    this.#number = number;
    this.#email = email;
    this.#seen.clear();
    byId("messages").replaceChildren();
    tell(byId("phone-number"), number);
    byId("phone").toggleAttribute("data-owned", number !== "" || email !== "");
  }

  async look(): Promise<void> {
    this.#again = this.#looking;
    if (this.#looking || !(this.#number || this.#email)) return;
    this.#looking = true;
    await this.#fetch(this.#number, this.#email);
    this.#looking = false;
    if (this.#again) void this.look();
  }

  async #fetch(number: string, email: string): Promise<void> {
    const paths = [
      ...(number ? [`/phones/${inPath(number)}/messages`] : []),
      ...(email ? [`/mailboxes/${inPath(email)}/messages`] : []),
    ];
    const answers = await Promise.all(paths.map((path) => this.#api.sandbox("GET", path)));
    if (number !== this.#number || email !== this.#email) return;
    const messages = answers.filter(isOk).flatMap(({ body }) => read(at(body, "messages")));
    messages.sort((one, other) => one.sentAt - other.sentAt);
    for (const message of messages) this.#show(message);
  }

  #show(message: Message): void {
    if (this.#seen.has(message.id)) return;
    this.#seen.add(message.id);
    byId("messages").prepend(card(message));
    announce(`${message.mail ? "New mail" : "New SMS"}: ${message.body}`);
  }
}

/** Readable: a path may hold `+` and `@` as they are. */
function inPath(text: string): string {
  return encodeURIComponent(text).replaceAll("%40", "@").replaceAll("%2B", "+");
}

function read(list: unknown): Message[] {
  if (!Array.isArray(list)) return [];
  return list.map((one) => ({
    id: textAt(one, "id"),
    sentAt: Number(at(one, "sent_at")),
    mail: textAt(one, "channel") !== "sms",
    body: textAt(one, "body"),
    code: textAt(one, "code"),
  }));
}

function card(message: Message): HTMLElement {
  const kind = message.mail ? "Mail" : "SMS";
  const head = el(
    "p",
    { class: "head" },
    el("span", { class: message.mail ? "mark mail" : "mark sms", "aria-hidden": "true" }),
    el("span", {}, kind),
    el("time", {}, shortTime(message.sentAt)),
  );
  const parts: Node[] = [head, el("p", { class: "body" }, message.body)];
  if (message.code) parts.push(codeActions(message.code));
  return el("li", { class: "message", "data-id": message.id, "data-code": message.code }, ...parts);
}

function codeActions(code: string): HTMLElement {
  const copies = button("Copy", () => void copy(code, copies), { class: "copy" });
  const uses = button("Use this code", () => fill(code), { class: "use-code" });
  return el("p", { class: "actions" }, el("span", { class: "code" }, code), uses, copies);
}

/** Into the bank app, when it asks for one; the style sheet hides the button otherwise. Where the
 * device app asks for it, that is where it goes. */
function fill(code: string): void {
  const input = document.getElementById("code");
  if (deviceApp.fill(code)) return announce("The code is in the device app's form.");
  if (!(input instanceof HTMLInputElement)) return;
  input.value = code;
  input.focus();
  announce("The code is in the bank's form.");
}
