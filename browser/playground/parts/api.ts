// The calls. Every one is shown on the right; nothing else in the page uses `fetch`.
import type { Config } from "./config";

export interface Answer {
  /** 0: there was none. */
  status: number;
  body: unknown;
  /** Seconds until a refused call may be made again, where the server says so. */
  again: number | undefined;
}

export interface Call {
  method: string;
  path: string;
  sandbox: boolean;
  headers: Record<string, string>;
  sent: string | undefined;
  status: number;
  received: string;
  milliseconds: number;
}

type Method = "GET" | "POST" | "PATCH";

export class Api {
  readonly #config: Config;
  readonly #shown: (call: Call) => void;

  constructor(config: Config, shown: (call: Call) => void) {
    this.#config = config;
    this.#shown = shown;
  }

  /** The Multi API. In a product the bank's server makes these calls: it alone has the key. */
  multi(method: Method, path: string, body?: unknown, bearer = ""): Promise<Answer> {
    const headers: Record<string, string> = { "api-key": this.#config.programme.api_key };
    if (bearer) headers["authorization"] = `Bearer ${bearer}`;
    return this.#call(method, `/multi${path}`, headers, body, false);
  }

  /** The Device API, for the person in their session. */
  device(method: Method, path: string, bearer: string): Promise<Answer> {
    const key = { "api-key": this.#config.programme.api_key };
    const headers = { ...key, authorization: `Bearer ${bearer}` };
    return this.#call(method, `/device/v1${path}`, headers, undefined, false);
  }

  sandbox(method: Method, path: string, body?: unknown): Promise<Answer> {
    const headers = { "sandbox-key": this.#config.sandbox_key };
    return this.#call(method, `/sandbox${path}`, headers, body, true);
  }

  async #call(
    method: Method,
    path: string,
    headers: Record<string, string>,
    body: unknown,
    sandbox: boolean,
  ): Promise<Answer> {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    if (sent !== undefined) headers["content-type"] = "application/json";
    const began = performance.now();
    const { status, text, again } = await exchange(method, path, headers, sent);
    const milliseconds = performance.now() - began;
    this.#shown({ method, path, sandbox, headers, sent, status, received: text, milliseconds });
    return { status, body: parsed(text), again };
  }
}

async function exchange(
  method: Method,
  path: string,
  headers: Record<string, string>,
  sent: string | undefined,
) {
  try {
    const answer = await fetch(path, { method, headers, body: sent ?? null, cache: "no-store" });
    const text = await answer.text();
    const again = Number(answer.headers.get("retry-after") ?? answer.headers.get("x-ratelimit-reset"));
    return { status: answer.status, text, again: again || undefined };
  } catch {
    return { status: 0, text: "", again: undefined };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value inside an answer, or undefined; `at(body, "rootUser", "id", "id")`. */
export function at(body: unknown, ...path: string[]): unknown {
  let value = body;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export function textAt(body: unknown, ...path: string[]): string {
  const value = at(body, ...path);
  return typeof value === "string" ? value : "";
}

export function isOk(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}
