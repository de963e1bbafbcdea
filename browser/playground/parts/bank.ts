// What the bank app's screens share: the person, the session, the calls, and which screen is shown.
import { type Answer, type Api, at, isOk, textAt } from "./api";
import type { Clock } from "./clock";
import type { Config, Kind, Settings } from "./config";
import { byId, el } from "../../shared/dom";
import { Session } from "./session";
import type { Tour } from "./tour";

export interface Person {
  /** Empty: not known yet. */
  id: string;
  name: string;
  email: string;
  /** E.164 */
  phone: string;
  enrolled: boolean;
}

/** A part of the page for the time it is shown. */
export interface Screen {
  name: string;
  title: string;
  nodes: Node[];
  /** In the page now. */
  shown?(): void;
  gone?(): void;
}

export interface Parts {
  api: Api;
  clock: Clock;
  tour: Tour;
  config: Config;
  settings: Settings;
  /** A message may have been sent. */
  sent(): void;
  /** Secure fields have given tokens: no call of this page. */
  tokens(tokens: Record<string, string>): void;
}

export class Bank {
  readonly session: Session;
  readonly parts: Parts;
  /** Remembered for as long as the page is open; no secret is. */
  person: Person | null = null;
  /** What was last typed or signed up with. */
  email = "";
  #screen: Screen | null = null;
  #over: (reason: string) => void = () => {};

  constructor(parts: Parts) {
    this.parts = parts;
    this.session = new Session(parts.clock);
  }

  get kinds(): Kind[] {
    return this.parts.settings.credentials ?? ["password"];
  }

  /** With the api-key alone. */
  async open(path: string, body: unknown): Promise<Answer> {
    const answer = await this.parts.api.multi("POST", path, body);
    this.parts.sent();
    return answer;
  }

  /** With the person's bearer as well: the session's five minutes begin anew. */
  call(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> {
    return this.#spoken((token) => this.parts.api.multi(method, path, body, token));
  }

  /** The same with the Device API. */
  device(method: "GET" | "POST", path: string): Promise<Answer> {
    return this.#spoken((token) => this.parts.api.device(method, path, token));
  }

  async #spoken(speak: (token: string) => Promise<Answer>): Promise<Answer> {
    const { token } = this.session;
    if (!token) return { status: 401, body: undefined, again: undefined };
    const began = this.parts.clock.now();
    const answer = await speak(token);
    if (this.session.token !== token) return answer;
    if (answer.status === 401) this.#ended();
    else if (answer.status !== 0) this.session.used(began);
    this.parts.sent();
    return answer;
  }

  /** Mail to that address arrives on the phone from now on. Whose phone it is shows at log-in. */
  expectMail(email: string): void {
    this.email = email;
    if (this.person?.email !== email) this.person = { id: "", name: "", email, phone: "", enrolled: false };
  }

  /** Who this is, and whether their phone is enrolled. */
  async look(): Promise<Answer> {
    const consumer = await this.call("GET", "/consumers");
    if (!isOk(consumer)) return consumer;
    const root = at(consumer.body, "rootUser");
    this.person = {
      id: textAt(root, "id", "id"),
      name: textAt(root, "name"),
      email: textAt(root, "email"),
      phone: textAt(root, "mobile", "countryCode") + textAt(root, "mobile", "number"),
      enrolled: false,
    };
    this.email = this.person.email;
    const factors = await this.call("GET", "/authentication_factors");
    const list = at(factors.body, "factors");
    this.person.enrolled = Array.isArray(list) && list.some((one) => at(one, "status") === "ACTIVE");
    return factors;
  }

  /** What to do when a session is over that nobody has logged out. */
  whenOver(show: (reason: string) => void): void {
    this.#over = show;
  }

  #ended(): void {
    const idle = this.session.left() < 0;
    if (idle) this.parts.tour.done("wait");
    this.signedOut(idle ? "The session was idle for five minutes." : "The server has ended the session.");
  }

  signedOut(reason: string): void {
    this.session.end();
    this.#over(reason);
  }

  show(screen: Screen): void {
    const first = this.#screen === null;
    this.#screen?.gone?.();
    this.#screen = screen;
    const title = el("h2", { tabindex: -1 }, screen.title);
    const place = byId("screen");
    place.dataset["screen"] = screen.name;
    place.replaceChildren(title, ...screen.nodes);
    if (!first) title.focus();
    screen.shown?.();
  }
}
