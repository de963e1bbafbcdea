// The page's own calls. The token is all that it holds, and stands in no address.
import { own, whole } from "../shared/read";
import { readState, type State, type Type } from "./page";

const PATIENCE_MS = 20_000;

export const PROBLEMS = [
  "wrong",
  "blocked",
  "gone",
  "too_soon",
  "sends_used_up",
  "no_code",
  "code_expired",
  "type_again",
  "not_possible",
  "later",
  "connection",
] as const;
export type Problem = (typeof PROBLEMS)[number];

export class Failed extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds until it may be tried again. */
    readonly wait?: number,
  ) {
    super(problem);
  }
}

export class Api {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async status(): Promise<State> {
    return state(await this.#post("status", {}));
  }

  /** How the number ends that the code was sent to. */
  async trigger(type: Type): Promise<string> {
    const ending = own(await this.#post("trigger", { type }), "ending");
    return typeof ending === "string" ? ending : "";
  }

  async verify(type: Type, answer: string): Promise<State> {
    return state(await this.#post("verify", { type, answer }));
  }

  async #post(call: string, body: object): Promise<unknown> {
    let answer: Response;
    try {
      answer = await fetch(`/approve-api-action/${call}`, {
        method: "POST",
        headers: { "content-type": "application/json", "one-time-token": this.#token },
        body: JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      throw new Failed("connection");
    }
    const told: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return told;
    const problem = PROBLEMS.find((one) => one === own(told, "problem"));
    throw new Failed(problem ?? "later", whole(told, "wait"));
  }
}

function state(told: unknown): State {
  const read = readState(told);
  if (!read) throw new Failed("later");
  return read;
}
