// What is asked, exactly as the server issued it. Whatever this app does not know is refused: it
// would be signed unseen.
import { own } from "../../shared/read";
import { canonical, type Json, type Members } from "./canonical";

const QUESTION = "assent/question/1";
const ENROLMENT = "assent/enrolment/1";
const ROTATION = "assent/rotation/1";
const ANSWER = "assent/answer/1";

/** Controls, what turns or hides the text around it, and what shows nothing: a reader would see
 * something else than is signed (Unicode UTS #55; Default_Ignorable_Code_Point, UAX #44; the empty
 * Braille pattern). Joiners stay: scripts and emoji need them. */
const DECEIVING = new RegExp(
  "[\\p{Cc}\\p{Zl}\\p{Zp}\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f" +
    "\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb" +
    "\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]",
  "u",
);
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  [QUESTION]: ["action", "challenge", "created_at", "display", "expires_at", "nonce", "number", "programme", "type"],
  [ENROLMENT]: ["challenge", "created_at", "device", "expires_at", "nonce", "programme", "type", "user"],
  [ROTATION]: ["challenge", "created_at", "device", "expires_at", "nonce", "type"],
};

export interface Shown {
  label: string;
  value: string;
}

export interface Question {
  challenge: string;
  programme: { id: string; name: string };
  text: string;
  fields: Shown[];
  /** Whether the answer must hold the number that another screen shows. */
  number: boolean;
  /** In ms, by the server's clock. */
  createdAt: number;
  expiresAt: number;
  values: Members;
}

/** Throws for what cannot be shown exactly. */
export function readQuestion(content: string): Question {
  const values = readValues(content, QUESTION);
  const display = exact(values["display"], ["fields", "text"]);
  const programme = exact(values["programme"], ["id", "name"]);
  texts(exact(values["action"], ["fingerprint", "name"]), "fingerprint", "name");
  const number = values["number"];
  if (typeof number !== "boolean") throw unknown();
  const fields = own(display, "fields");
  if (!Array.isArray(fields)) throw unknown();
  const shown = {
    text: visible(display, "text"),
    fields: fields.map((field: unknown) => {
      const both = exact(field, ["label", "value"]);
      return { label: visible(both, "label"), value: visible(both, "value") };
    }),
  };
  if (!shown.text) throw unknown();
  texts(values, "challenge", "nonce");
  return {
    ...shown,
    challenge: String(values["challenge"]),
    programme: { id: visible(programme, "id"), name: visible(programme, "name") },
    number,
    createdAt: time(values, "created_at"),
    expiresAt: time(values, "expires_at"),
    values,
  };
}

export function readEnrolment(content: string, device: string, programme: string): Members {
  const values = readValues(content, ENROLMENT);
  if (values["device"] !== device || own(values["programme"], "id") !== programme) throw unknown();
  return values;
}

export function readRotation(content: string, device: string): Members {
  const values = readValues(content, ROTATION);
  if (values["device"] !== device) throw unknown();
  return values;
}

/** What is signed: the question as it was issued, with what the person decided. */
export function answered(question: Question, answer: Members): Members {
  return { ...question.values, type: ANSWER, answer };
}

/** Only canonical text is taken: nothing can hide in it from this reader and be seen by another. */
function readValues(content: string, type: string): Members {
  const values: unknown = JSON.parse(content);
  if (canonical(values as Json) !== content || own(values, "type") !== type) throw unknown();
  return exact(values, MEMBERS[type] ?? []);
}

function exact(value: unknown, names: readonly string[]): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unknown();
  if (String(Object.keys(value).sort()) !== String(names)) throw unknown();
  return value as Members;
}

function texts(values: Members, ...names: string[]): void {
  if (names.some((name) => typeof values[name] !== "string")) throw unknown();
}

function visible(values: Members, name: string): string {
  const value = values[name];
  if (typeof value !== "string" || DECEIVING.test(value)) throw unknown();
  return value;
}

function time(values: Members, name: string): number {
  const value = values[name];
  if (!Number.isSafeInteger(value)) throw unknown();
  return value as number;
}

function unknown(): Error {
  return new Error("This request cannot be shown as it is.");
}
