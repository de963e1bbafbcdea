// What the SDK (in the programme's page) and a field (in its frame) say to each other.
import type { StyleSet } from "./style";

export const VERSION = 1;

/** Window messages. After `connect` everything goes over the port that came with it. */
export const HELLO = "assent:hello";
export const CONNECT = "assent:connect";
/** From a confirm field's frame to its sibling; the page has no part in it. */
export const PAIR = "assent:pair";

/** `keyup`, `change` and `strength` are told at full multiples of this only: a rhythm of typing
 * identifies persons, and narrows down what was typed. */
export const BEAT_MS = 250;

export const PAIR_OF = { confirmPassword: "password", confirmPassCode: "passCode" } as const;
export type ConfirmType = keyof typeof PAIR_OF;
/** For a page of the house's own only. */
export const PIN = "pin";
export type ValueType = (typeof PAIR_OF)[ConfirmType] | typeof PIN;
export type FieldType = ValueType | ConfirmType;
/** Those that a programme's pages may have. */
export const FIELD_TYPES: readonly FieldType[] = [
  "password",
  "confirmPassword",
  "passCode",
  "confirmPassCode",
];
export const ALL_TYPES: readonly FieldType[] = [...FIELD_TYPES, PIN];

export function isConfirm(type: FieldType): type is ConfirmType {
  return Object.hasOwn(PAIR_OF, type);
}

/** Texts that a screen reader speaks; `{shortest}`, `{longest}` and `{digits}` are filled in. */
export const MESSAGES = ["valid", "invalid", "match", "mismatch"] as const;
export type Messages = Partial<Record<(typeof MESSAGES)[number], string>>;

export const AUTOCOMPLETE = ["current-password", "new-password", "off"] as const;
export type Autocomplete = (typeof AUTOCOMPLETE)[number];

export interface Settings {
  label: string;
  placeholder: string;
  maxlength: number | undefined;
  autocomplete: Autocomplete | undefined;
  /** The value is being chosen, not remembered: rules and strength apply. */
  fresh: boolean;
  lang: string;
  dir: string;
  /** The mount element's `color-scheme`. A frame of another scheme would get an opaque ground. */
  scheme: string;
  /** Nothing around the frame shows where the field is, so it shows that itself. */
  outlined: boolean;
  messages: Messages;
  style: StyleSet;
}

export interface Connect {
  kind: typeof CONNECT;
  version: number;
  type: FieldType;
  /** Random; a confirm field's frame finds its pair by it. */
  id: string;
  settings: Settings;
}

export type Command =
  | { does: "update"; settings: Settings }
  | { does: "focus" | "blur" | "clear" }
  | { does: "pair"; id: string }
  | { does: "check" | "tokenize"; ask: number };

export const FRAME_CODES = [
  "FIELD_NOT_CONFIGURED",
  "INSECURE_CONTEXT",
  "VALUE_EMPTY",
  "VALUE_REFUSED",
  "CONFIRM_MISMATCH",
  "PAIR_UNREACHABLE",
  "CONNECTION_LOST",
  "UI_KEY_UNKNOWN",
  "TOO_MANY_REQUESTS",
  "SERVER_UNAVAILABLE",
] as const;
export type FrameCode = (typeof FRAME_CODES)[number];

export type Report =
  | { tells: "ready" | "keyup" | "focus" | "blur" | "submit" }
  | { tells: "change"; empty: boolean; valid: boolean }
  | { tells: "strength"; id: number }
  | { tells: "autofill"; on: boolean }
  | { tells: "answer"; ask: number; token?: string }
  | { tells: "failed"; ask?: number; code: FrameCode };
