// What a refusal means, and what to do next.
import { type Answer, at, textAt } from "./api";
import type { Kind } from "./config";

export interface Words {
  what: string;
  next: string;
}
export type Doing = "sign up" | "log in" | "enrol" | "step up" | "change" | "reset" | "add the device" | "other";

const CODES: Readonly<Record<string, readonly [string, string]>> = {
  VERIFICATION_CODE_INVALID: ["That is not the code.", "Look at the newest SMS and try again."],
  VERIFICATION_CODE_EXPIRED: [
    "That code has expired: codes live for five minutes.",
    "Press “Send again” and use the new one.",
  ],
  ONE_CHALLENGE_LIMIT_REMAINING: [
    "That is not the code, and one try is left.",
    "Read the newest SMS closely before the next one.",
  ],
  CHALLENGE_LIMIT_EXCEEDED: [
    "The limit of tries or of messages is used up.",
    "Press “Send again”. If that is refused too, log out and in; after five wrong codes move the clock 30 minutes on.",
  ],
  RETRY_IN_15SEC: [
    "A code was sent less than 15 seconds ago.",
    "Use that one, or wait a moment; moving the clock helps as well.",
  ],
  INVALID_NONCE_OR_EMAIL: [
    "That is not the code, or it is no longer valid.",
    "Look at the newest mail and try again. After five wrong codes, start again in 30 minutes.",
  ],
  STATE_INVALID: ["No code is waiting to be entered.", "Press “Send again”."],
  ALREADY_VERIFIED: ["This session is stepped up already.", "Go back, and carry on."],
  CHANNEL_NOT_REGISTERED: ["No phone is enrolled.", "Enrol the phone first."],
  CHANNEL_ALREADY_REGISTERED: ["This phone is enrolled already.", "Go back, and carry on."],
  CHANNEL_NOT_SUPPORTED: [
    "The programme has switched this channel off.",
    "Switch it on with POST /sandbox/settings {\"channels\": [\"SMS\", \"BIOMETRIC\"]}.",
  ],
  STEP_UP_REQUIRED: ["This needs a stepped-up session.", "Step up first, then try again."],
  ACCESS_TOKEN_REQUIRED: ["This session may not do that.", "Log out and in again."],
  PASSWORD_TOO_SHORT: ["That is too short.", "Make it longer."],
  PASSWORD_TOO_LONG: ["That is too long.", "Make it shorter."],
  PASSWORD_TOO_SIMPLE: ["That is too easy to guess.", "Choose something less usual; see the rule below the field."],
  PASSWORD_ALREADY_USED: ["You have had that one before.", "Choose a new one."],
  PASSWORD_ALREADY_CREATED: ["This person has one already.", "Log in with it."],
  PASSWORD_INCORRECT: ["The present one is wrong.", "Type it again; wrong tries are counted as at log-in."],
  PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE: [
    "The programme does not take this kind of secret.",
    "Allow it with POST /sandbox/settings {\"credentials\": [\"password\", \"passcode\"]}.",
  ],
  ROOT_EMAIL_NOT_UNIQUE: ["Somebody has this e-mail address already.", "Log in with it, or sign up with another."],
  EMAIL_NOT_UNIQUE: ["Somebody has this e-mail address already.", "Use another."],
  MOBILE_OR_COUNTRY_CODE_INVALID: ["No phone can have that number.", "Check the country code and the number."],
  MOBILE_NUMBER_INVALID: ["That number gets no SMS.", "Use the number of a mobile."],
  MOBILE_COUNTRY_NOT_SUPPORTED: ["The programme sends nothing to that country.", "Use a number of another one."],
  TOKEN_NOT_FOUND: ["The server does not know this token.", "Type the password again."],
  TOKEN_EXPIRED: ["The token was used or is over five minutes old.", "Type the password again: each try makes a new token."],
};

const STATUSES: Readonly<Record<number, readonly [string, string]>> = {
  0: ["The server did not answer.", "Is the sandbox still running? Start it with “make run”, then try again."],
  401: ["You are signed out.", "Log in again."],
  403: ["That is not allowed.", "Log out and in, and try again."],
  413: ["That was too long to be taken.", "Shorten it."],
  423: [
    "Log-in is blocked after too many wrong tries, also for the right password.",
    "Move the clock 30 minutes on (press “+1 hour”) and log in again.",
  ],
  503: ["The server has too much to do.", "Try again in a moment."],
};

/** Of the secure fields themselves, before there is a call. */
const FIELDS: Readonly<Record<string, readonly [string, string]>> = {
  VALUE_EMPTY: ["Something is missing.", "Fill in every secure field."],
  VALUE_REFUSED: ["That cannot be a value of this field.", "Look at the rule below it, and type it again."],
  CONFIRM_MISMATCH: ["The two entries are not the same.", "Type both again."],
  NOT_READY: ["The secure fields are still loading.", "Try again in a moment."],
  CONNECTION_LOST: ["The secure fields could not reach their server.", "Is the sandbox still running?"],
};

/** The SDK's own words are for programmers; where we have none, they are better than nothing. */
export function explainField(error: { code: string; message: string }): Words {
  const known = FIELDS[error.code];
  return known ? { what: known[0], next: known[1] } : { what: error.message, next: "" };
}

export function explain(answer: Answer, doing: Doing, kind: Kind = "password"): Words {
  if (answer.status === 403 && doing === "log in") {
    return {
      what: `E-mail or ${kind} is wrong.`,
      next: "Try again. After five wrong tries log-in is blocked for 30 minutes.",
    };
  }
  const code = textAt(answer.body, "errorCode");
  const known = CODES[code] ?? STATUSES[answer.status];
  if (known) return { what: known[0], next: known[1] };
  if (answer.status === 400) return invalid(answer);
  if (answer.status === 429) return tooMany(answer, doing);
  return {
    what: `The server answered ${answer.status}${code ? ` ${code}` : ""}.`,
    next: "The call is on the right, with all it said.",
  };
}

function tooMany(answer: Answer, doing: Doing): Words {
  const [what, next] = CODES["RETRY_IN_15SEC"]!;
  if (doing === "enrol" && (answer.again ?? 60) <= 15) return { what, next };
  const minutes = Math.ceil((answer.again ?? 60) / 60);
  const far = minutes > 1 ? `in ${minutes} minutes` : "in a moment";
  return { what: "Too many tries.", next: `Try again ${far}, or move the clock forward.` };
}

function invalid(answer: Answer): Words {
  const fields = at(answer.body, "syntaxErrors", "invalidFields");
  const names = Array.isArray(fields) ? fields.map((field) => textAt(field, "fieldName")) : [];
  const which = names.length ? `: ${[...new Set(names)].join(", ")}` : "";
  return { what: `Some of what was sent is not valid${which}.`, next: "Mend it and try again." };
}
