// The Device API's calls (docs/device-api.md).
import { text, whole } from "../../shared/read";
import { heard } from "./clock";
import { type ProofKey, proofOf } from "./proof";
import type { Enrolment } from "./store";

const PREFIX = "/device/v1";
const PATIENCE_MS = 20_000;
/** No answer; the server's own codes are its refusals'. */
export const NO_CONNECTION = "no_connection";
const UNKNOWN = "device_unknown";
const LONGEST_CODE = 64;

export class Failed extends Error {
  constructor(
    readonly code: string,
    readonly status = 0,
    /** Seconds until it may be tried again. */
    readonly wait?: number,
    /** Of a wrong answer: more_left, one_left or used_up. */
    readonly left = "",
    /** The clock was wrong, and is not any more. */
    readonly corrected = false,
  ) {
    super(code);
  }

  /** The server does not know this device, or not any more. */
  get unknown(): boolean {
    return this.status === 401 && this.code === UNKNOWN;
  }
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Sent {
  body?: object;
  query?: string;
  /** Who calls; without one the call is a new device's, which has only a key. */
  device?: string;
  key?: ProofKey;
  signal?: AbortSignal;
  patience?: number;
}

/** A call as an enrolled device. Throws Failed. */
export async function asDevice(
  enrolment: Enrolment,
  method: Method,
  path: string,
  sent: Sent = {},
): Promise<unknown> {
  const key = { pair: enrolment.proof, public: enrolment.proofKey };
  return exchange(method, path, { ...sent, device: enrolment.device, key });
}

/** The answer's body. Throws Failed. A proof of the wrong minute is made anew, once: the first
 * answer has told the time. */
export async function exchange(method: Method, path: string, sent: Sent): Promise<unknown> {
  try {
    return await once(method, path, sent);
  } catch (error) {
    if (error instanceof Failed && error.corrected) return once(method, path, sent);
    throw error;
  }
}

async function once(method: Method, path: string, sent: Sent): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (sent.body) headers["content-type"] = "application/json";
  if (sent.device) headers["device"] = sent.device;
  if (sent.key) headers["DPoP"] = await proofOf(sent.key, method, location.origin + PREFIX + path);
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(PREFIX + path + (sent.query ?? ""), {
      method,
      headers,
      body: sent.body ? JSON.stringify(sent.body) : null,
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: signals(sent),
    });
    body = answer.status === 204 ? undefined : await answer.json();
  } catch {
    throw new Failed(NO_CONNECTION);
  }
  if (answer.ok) return body;
  const time = whole(body, "serverTime");
  if (time !== undefined) heard(time);
  const code = text(body, "code", LONGEST_CODE) || "later";
  const left = text(body, "left", LONGEST_CODE);
  throw new Failed(code, answer.status, whole(body, "retryAfter"), left, time !== undefined);
}

function signals({ signal, patience = PATIENCE_MS }: Sent): AbortSignal {
  const late = AbortSignal.timeout(patience);
  return signal ? AbortSignal.any([signal, late]) : late;
}
