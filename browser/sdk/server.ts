// The frames' origin, and the two questions that the page itself asks it.
import type { ErrorCode } from "./client.1.d.ts";
import { own } from "../shared/read";
import { failure, isCode } from "./failure";

/** The server writes the address here when it hands out the script. */
const FRAMES = "__ASSENT_FRAMES_URL__";
const PATIENCE_MS = 15_000;

export function framesUrl(): string {
  return FRAMES;
}

export function fieldUrl(uiKey: string): string {
  return `${framesUrl()}/field?ui_key=${encodeURIComponent(uiKey)}`;
}

/** Why a frame did not start: asked only once it did not. undefined: the server sees no reason. */
export async function embeddingProblem(uiKey: string): Promise<ErrorCode | undefined> {
  const address = `${framesUrl()}/embedding?ui_key=${encodeURIComponent(uiKey)}`;
  try {
    const answer = await fetch(address, { credentials: "omit", cache: "no-store", ...patience() });
    return answer.ok ? codeIn(await answer.json(), "problem") : unable(answer);
  } catch {
    return "CONNECTION_LOST";
  }
}

export async function associate(uiKey: string, token: unknown): Promise<void> {
  if (typeof token !== "string" || !/^Bearer \S+$/.test(token)) throw failure("TOKEN_MALFORMED");
  const body = JSON.stringify({ ui_key: uiKey, token });
  // text/plain: what browsers send without asking first whether they may
  const headers = { "content-type": "text/plain" };
  const answer = await fetch(`${framesUrl()}/association`, {
    method: "POST",
    headers,
    body,
    credentials: "omit",
    ...patience(),
  }).catch(() => undefined);
  if (!answer) throw failure("CONNECTION_LOST", framesUrl());
  if (answer.ok) return;
  const code = codeIn(await answer.json().catch(() => undefined), "code");
  throw failure(code ?? unable(answer), code === "ORIGIN_NOT_REGISTERED" ? self.origin : "associate");
}

function unable({ status }: Response): ErrorCode {
  return status === 429 ? "TOO_MANY_REQUESTS" : "SERVER_UNAVAILABLE";
}

function patience(): RequestInit {
  return { signal: AbortSignal.timeout(PATIENCE_MS), referrerPolicy: "no-referrer" };
}

function codeIn(body: unknown, key: string): ErrorCode | undefined {
  const code = own(body, key);
  return typeof code === "string" && isCode(code) ? code : undefined;
}
