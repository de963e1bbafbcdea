// The person's phone: what the sandbox's virtual phone and mailbox hold, looked at once a second.
import { type Api, at, isOk, textAt } from "./api";
import { announce } from "../../shared/announce";
import type { Clock } from "./clock";
import { shortTime } from "./clockbar";
import { copy } from "../../shared/copy";
import { button, byId, el, tell } from "../../shared/dom";
import * as deviceApp from "./device-app";

const EVERY_MS = 1000;
const KINDS: Readonly<Record<string, string>> = {
  sms: "SMS",
  whatsapp: "WhatsApp",
  voice: "Call",
  authy: "Authy app",
};

interface Message {
  id: string;
  sentAt: number;
  kind: string;
  body: string;
  code: string;
  /** Of a question to the app on the phone; empty in any other message. */
  challenge: string;
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
    const shown = card(message);
    if (message.challenge) shown.append(this.#answers(message.challenge));
    byId("messages").prepend(shown);
    announce(`New ${message.kind}: ${message.body}`);
  }

  /** What the vendor's app has under its question. */
  #answers(challenge: string): HTMLElement {
    const place = el("p", { class: "actions" });
    const path = `/phones/${inPath(this.#number)}/challenges/${challenge}`;
    const answer = async (word: "approve" | "decline") => {
      const { status, body } = await this.#api.sandbox("POST", `${path}/${word}`, {});
      const state = status === 200 ? textAt(body, "state") : "";
      place.replaceChildren(state ? `You have ${state} this.` : "It takes no answer any more.");
    };
    place.append(
      button("Approve", () => void answer("approve"), { class: "approve" }),
      button("Decline", () => void answer("decline"), { class: "decline" }),
    );
    return place;
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
    kind: KINDS[textAt(one, "channel")] ?? "Mail",
    // the app fetches its question by the id that the message holds; people read this
    body: textAt(one, textAt(one, "challenge") ? "subject" : "body"),
    code: textAt(one, "code"),
    challenge: textAt(one, "challenge"),
  }));
}

function card(message: Message): HTMLElement {
  const head = el(
    "p",
    { class: "head" },
    el("span", { class: message.kind === "Mail" ? "mark mail" : "mark sms", "aria-hidden": "true" }),
    el("span", {}, message.kind),
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
