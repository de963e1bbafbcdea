// A value against a token.
import type { FrameCode, ValueType } from "../shared/protocol";
import { own } from "../shared/read";
import { type Prepared, prepare, seal } from "./envelope";
import { isServerKey, type Page, type ServerKey } from "./page";

const PATIENCE_MS = 15_000;

/** Carries a code and nothing else: what is told to the page must not depend on the value. */
export class Failed extends Error {
  constructor(readonly code: FrameCode) {
    super(code);
  }
}

export class Tokens {
  readonly #page: Page;
  readonly #field: ValueType;
  #key: ServerKey;
  #prepared: Promise<Prepared> | undefined;

  constructor(page: Page, field: ValueType) {
    this.#page = page;
    this.#field = field;
    this.#key = page.key;
  }

  /** Does beforehand what can be done without the value. */
  prepare(): Promise<Prepared> {
    this.#prepared ??= prepare(this.#key);
    this.#prepared.catch(() => {}); // whoever takes it is told
    return this.#prepared;
  }

  async token(value: string): Promise<string> {
    let reply = await this.#post(value);
    if (reply.status === 409 && own(reply.body, "code") === "KEY_EXPIRED") {
      const key = own(reply.body, "key");
      if (!isServerKey(key)) throw new Failed("SERVER_UNAVAILABLE");
      this.#key = key;
      this.#prepared = undefined;
      reply = await this.#post(value);
    }
    this.prepare(); // for the next try, if this was a wrong password
    const token = own(reply.body, "token");
    if (reply.status === 200 && typeof token === "string") return token;
    throw new Failed(codeOf(reply));
  }

  async #post(value: string): Promise<Reply> {
    const prepared = this.prepare();
    this.#prepared = undefined; // nobody else gets this one
    const content = { ui_key: this.#page.uiKey, field: this.#field, value };
    const jwe = await seal(await prepared, content);
    try {
      // The server wants to know whose it is before it opens it.
      const answer = await fetch(`/tokens?ui_key=${encodeURIComponent(this.#page.uiKey)}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jwe }),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { status: answer.status, body: await answer.json().catch(() => undefined) };
    } catch {
      throw new Failed("CONNECTION_LOST");
    }
  }
}

interface Reply {
  status: number;
  body: unknown;
}

function codeOf({ status, body }: Reply): FrameCode {
  const code = own(body, "code");
  if (code === "VALUE_REFUSED" || code === "UI_KEY_UNKNOWN") return code;
  if (status === 413) return "VALUE_REFUSED";
  return status === 429 ? "TOO_MANY_REQUESTS" : "SERVER_UNAVAILABLE";
}
