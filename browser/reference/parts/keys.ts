// What Try it sends for the caller, and what it has learnt from the answers so far.
import { el } from "../../shared/dom";
import { own, text } from "../../shared/read";
import { People, type Sent } from "./people";

const LONGEST = 4_000;

export class Keys {
  readonly node: HTMLElement;
  readonly #apiKey = input("api-key");
  readonly #token = input("token");
  readonly #profiles: unknown;
  readonly #told: (() => void)[] = [];
  readonly #people = new People();

  constructor(credentials: unknown) {
    this.#profiles = own(credentials, "profiles");
    this.#apiKey.value = text(own(credentials, "programme"), "api_key", LONGEST);
    this.node = el(
      "section",
      { class: "keys", "aria-labelledby": "keys-title" },
      el("h2", { id: "keys-title" }, "Try it"),
      el("p", {}, "Each operation can be called from here, on the sandbox’s demo programme. What an answer gives is filled in for the next call: the token below, ids, addresses and passwords. Create a consumer, set their password, and go on from there."),
      field("api-key", this.#apiKey),
      field("Token of the person", this.#token),
    );
  }

  get apiKey(): string {
    return this.#apiKey.value.trim();
  }

  get token(): string {
    return this.#token.value.trim();
  }

  /** Called whenever something was learnt. */
  whenLearnt(told: () => void): void {
    this.#told.push(told);
  }

  /** Takes out of an answer what the next calls need. */
  learn(sent: Sent, answer: unknown): void {
    const token = text(answer, "token", LONGEST);
    if (token) this.#token.value = token;
    this.#people.learn(sent, answer);
    for (const told of this.#told) told();
  }

  /** An example's parameter as it would do here; empty: no answer has given it yet. */
  parameter(path: string, name: string, example: unknown): string {
    if (name === "user_id") return this.#people.idFor(path);
    return example === undefined ? "" : String(example);
  }

  /** An example's body as it would do here: this programme's profile, people made from this page. */
  body(path: string, example: unknown): unknown {
    return this.#filled(path, example, "");
  }

  #filled(path: string, value: unknown, under: string): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#filled(path, one, under));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, this.#field(path, name, inner, under)]),
      );
    }
    return value;
  }

  #field(path: string, name: string, value: unknown, under: string): unknown {
    const people = this.#people;
    if (name === "profileId") return text(this.#profiles, path.split("/")[1] ?? "", LONGEST) || value;
    if (name === "email") return people.email(path, String(value));
    if (name === "number") return people.number;
    if (name === "userId") return people.idFor("/users") || value;
    if (name === "identity") return people.identity ?? value;
    if (name === "credentials") return people.credentials ?? value;
    if (name === "value" && String(value).startsWith("cap_")) {
      return people.password(path, under === "newPassword");
    }
    return this.#filled(path, value, name);
  }
}

function input(id: string): HTMLInputElement {
  return el("input", { id, autocomplete: "off", spellcheck: "false" });
}

function field(label: string, made: HTMLInputElement): HTMLElement {
  return el("p", { class: "field" }, el("label", { for: made.id }, label), made);
}

/** Nothing where the page is not a sandbox's. */
export async function loadKeys(): Promise<Keys | undefined> {
  const path = document.documentElement.dataset["keys"];
  if (!path) return undefined;
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`The server answered ${answer.status} to its keys.`);
  return new Keys(await answer.json());
}
