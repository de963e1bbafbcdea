// Who was made from this page and what they have now: the next call's example is about them.
import { own, text } from "../../shared/read";

const LONGEST = 4_000;
const FIRST_PASSWORD = "Pass-word1";
const MAKING = ["/consumers", "/corporates", "/users"];
/** Resources spell an identity's type in one way, tokens in another. */
const TYPES: Readonly<Record<string, string>> = { consumers: "CONSUMER", corporates: "CORPORATE" };

/** A call, as it was made. */
export interface Sent {
  method: string;
  path: string;
  params: Readonly<Record<string, string>>;
  body: unknown;
}

interface Reference {
  type: string;
  id: string;
}

interface Person {
  /** As the back office names them: ROOT or USER, with their id. */
  credentials: Reference;
  identity: Reference;
  email: string;
  /** The one that was set last; empty: none yet. */
  password: string;
}

export class People {
  readonly #all: Person[] = [];
  readonly #stamp = Date.now().toString(36);
  readonly #number = Date.now();
  #made = 0;
  #changes = 0;
  #root: Person | undefined;
  #user: Person | undefined;
  /** Whose password is to be set. */
  #newest: Person | undefined;
  /** Whose token it is; until there is one, the newest root. */
  #current: Person | undefined;

  /** What an answer of success tells of them. */
  learn(sent: Sent, answer: unknown): void {
    const making = sent.method === "POST" && MAKING.includes(sent.path);
    const told = this.#told(answer);
    if (told?.credentials.type === "USER") this.#user = told;
    else if (told) this.#root = told;
    if (making) {
      this.#made += 1;
      this.#newest = told;
      if (told === this.#root) this.#current = told;
    }
    if (!text(answer, "token", LONGEST)) return;
    const who = this.#by("id", sent.params["user_id"]) ?? this.#by("email", text(sent.body, "email", LONGEST)) ?? this.#loggedIn(answer, sent.body);
    this.#current = who ?? this.#current;
    this.#remember(sent.body);
  }

  /** Whom `/users/{user_id}` means, or who is still to get a password. */
  idFor(path: string): string {
    return (path.startsWith("/users") ? this.#user : this.#newest)?.credentials.id ?? "";
  }

  get identity(): Reference | undefined {
    return this.#current?.identity;
  }

  get credentials(): Reference | undefined {
    return this.#current?.credentials;
  }

  /** Of the person that the operation is about; of nobody yet where it makes one. */
  email(path: string, example: string): string {
    const known = path.startsWith("/users/") ? this.#user : path.includes("/verification/") ? this.#root : this.#current;
    if (known && !MAKING.includes(path)) return known.email;
    return `${example.split(/[.@]/)[0]}.${this.#stamp}${this.#made || ""}@example.com`;
  }

  /** A number that nobody has yet. */
  get number(): string {
    return `79${String((this.#number + this.#made) % 1_000_000).padStart(6, "0")}`;
  }

  /** The one they have, or one that they have never had. */
  password(path: string, fresh: boolean): string {
    if (fresh) return `Other-word${this.#changes + 2}`;
    const first = path.endsWith("/create") || path.endsWith("/consume");
    return (!first && this.#current?.password) || FIRST_PASSWORD;
  }

  #told(answer: unknown): Person | undefined {
    const root = own(answer, "rootUser");
    if (root) {
      const id = text(own(root, "id"), "id", LONGEST);
      return this.#known({ type: "ROOT", id }, reference(own(answer, "id")), text(root, "email", LONGEST));
    }
    const [id, email] = [text(answer, "id", LONGEST), text(answer, "email", LONGEST)];
    return id && email ? this.#known({ type: "USER", id }, reference(own(answer, "identity")), email) : undefined;
  }

  /** Somebody who was not made here may log in here all the same. */
  #loggedIn(answer: unknown, body: unknown): Person | undefined {
    const given = own(answer, "credentials");
    if (!given) return undefined;
    return this.#known(reference(given), reference(own(answer, "identity")), text(body, "email", LONGEST));
  }

  #known(credentials: Reference, identity: Reference, email: string): Person {
    const known = this.#by("id", credentials.id);
    if (known) return Object.assign(known, { identity, email: email || known.email });
    const made = { credentials, identity, email, password: "" };
    this.#all.push(made);
    return made;
  }

  #by(what: "id" | "email", value: string | undefined): Person | undefined {
    if (!value) return undefined;
    return this.#all.find((one) => (what === "id" ? one.credentials.id : one.email) === value);
  }

  #remember(body: unknown): void {
    const changed = text(own(body, "newPassword"), "value", LONGEST);
    if (changed) this.#changes += 1;
    const set = changed || text(own(body, "password"), "value", LONGEST);
    if (set && this.#current) this.#current.password = set;
  }
}

function reference(from: unknown): Reference {
  const type = text(from, "type", LONGEST);
  return { type: TYPES[type] ?? type, id: text(from, "id", LONGEST) };
}
