// What the server wrote into the page: what is asked, of whom, and who is told of the end.
import { oneOf, own, text, whole } from "../shared/read";

export const TYPES = [
  "PIN",
  "SMS",
  "WHATSAPP",
  "VOICE",
  "FACE_MAP",
  "PARTNER_DEVICE_FINGERPRINT",
] as const;
export type Type = (typeof TYPES)[number];

/** What is left to be proved. */
export interface State {
  granted: boolean;
  /** That the token lasts. */
  seconds: number;
  /** One entry for each thing still to be proved: the ways to do so, best first. */
  challenges: Type[][];
}

export interface Asked extends State {
  token: string;
  uiKey: string;
}

export interface Told {
  /** Origins to tell of the end: all of them registered. */
  targets: string[];
  /** undefined: nothing can be approved, and the page says why. */
  asked: Asked | undefined;
}

export function readTold(): Told {
  const told: unknown = JSON.parse(document.documentElement.dataset["approval"] ?? "null");
  const asked = own(told, "asked");
  const state = readState(asked);
  return {
    targets: list(told, "targets").filter((one) => typeof one === "string"),
    asked: state && { ...state, token: text(asked, "token", 64), uiKey: text(asked, "uiKey", 100) },
  };
}

export function readState(from: unknown): State | undefined {
  const seconds = whole(from, "seconds");
  if (seconds === undefined) return undefined;
  const challenges = list(from, "challenges").map((ways) =>
    Array.isArray(ways) ? TYPES.filter((type) => ways.includes(type)) : [],
  );
  return { granted: own(from, "granted") === true, seconds, challenges };
}

export function readType(from: unknown, key: string): Type | undefined {
  return oneOf(from, key, TYPES);
}

function list(from: unknown, key: string): unknown[] {
  const value = own(from, key);
  return Array.isArray(value) ? value : [];
}
