// What Try it sends for the caller, and what it has learnt from the answers so far.
import { el } from "../../shared/dom";
import { own, text } from "../../shared/read";

const LONGEST = 4_000;
const PASSWORDS = ["Pass-word1", "Other-word2"] as const;

export class Keys {
  readonly node: HTMLElement;
  readonly #apiKey = input("api-key");
  readonly #token = input("token");
  readonly #profiles: unknown;
  readonly #told: (() => void)[] = [];
  readonly #stamp = Date.now().toString(36);
  readonly #number = `79${String(Date.now()).slice(-6)}`;
  #profile = "";
  #user = "";
  #identity = "";

  constructor(credentials: unknown) {
    this.#profiles = own(credentials, "profiles");
    this.#apiKey.value = text(own(credentials, "programme"), "api_key", LONGEST);
    this.node = el(
      "section",
      { class: "keys", "aria-labelledby": "keys-title" },
      el("h2", { id: "keys-title" }, "Try it"),
      el("p", {}, "Each operation can be called from here, on the sandbox’s demo programme. The token of an answer is put in below by itself, and so are the ids: create a consumer, give them a password, and go on from there."),
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
  learn(body: unknown): void {
    const token = text(body, "token", LONGEST);
    if (token) this.#token.value = token;
    const root = own(body, "rootUser");
    this.#user = text(own(root, "id"), "id", LONGEST) || this.#user;
    if (root) this.#identity = text(own(body, "id"), "id", LONGEST) || this.#identity;
    const identity = own(own(body, "passwordInfo"), "identityId") ?? own(body, "identity");
    this.#identity = text(identity, "id", LONGEST) || this.#identity;
    for (const told of this.#told) told();
  }

  /** An example's parameter as it would do here. */
  parameter(name: string, example: unknown): string {
    if (name === "user_id") return this.#user;
    return example === undefined ? "" : String(example);
  }

  /** An example's body as it would do here: this programme's profile, a person of their own. */
  body(path: string, example: unknown): unknown {
    this.#profile = text(this.#profiles, path.split("/")[1] ?? "", LONGEST);
    return this.#filled(example, "");
  }

  #filled(value: unknown, under: string): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#filled(one, under));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, this.#field(name, inner, under)]),
      );
    }
    return value;
  }

  #field(name: string, value: unknown, under: string): unknown {
    if (name === "profileId") return this.#profile || value;
    if (name === "email") return `ada.${this.#stamp}@example.com`;
    if (name === "number") return this.#number;
    if (name === "id" && under === "identity") return this.#identity || value;
    if (name === "value" && String(value).startsWith("cap_")) {
      return PASSWORDS[under === "newPassword" ? 1 : 0];
    }
    return this.#filled(value, name);
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
