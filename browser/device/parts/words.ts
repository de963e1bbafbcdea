// What the app says. One place, so that it speaks with one voice.
import { Failed, NO_CONNECTION } from "./api";
import { HeldAlready, NotNow } from "./authenticator";

const CODES: Readonly<Record<string, string>> = {
  [NO_CONNECTION]: "There is no connection. Nothing was sent; try again when you are online.",
  link_unknown: "This link has expired or was used already. Ask for a new one where you got it.",
  session_gone: "You are no longer logged in where you asked for this link. Log in there and ask for a new one.",
  factors_used_up: "You have as many devices as are allowed. Remove one first.",
  factor_already_enrolled: "This key belongs to a device already.",
  factor_unfit: "This device’s key is not accepted: it may be one that is copied to other devices, or its maker does not vouch for it.",
  step_up_required: "Enter the code that we sent to your phone.",
  challenge_expired: "The time for this is over.",
  challenge_not_open: "This was answered already, or withdrawn.",
  challenge_used_up: "There were too many wrong answers, so this request is closed.",
  not_found: "This was withdrawn.",
  device_unknown: "This device was removed, so its answers count no more.",
  approval_locked: "This was stopped, because somebody said that it was not them.",
  resend_too_soon: "A code was sent a moment ago.",
  sends_used_up: "No more codes can be sent.",
  attempts_blocked: "There were too many wrong answers.",
  too_many_calls: "This was tried too often.",
};
const CLOSED = new Set(["challenge_expired", "challenge_not_open", "challenge_used_up", "not_found", "device_unknown", "approval_locked", "session_gone"]);

/** What went wrong, and what to do. */
export function explain(error: unknown): string {
  if (error instanceof NotNow) return "Nothing was signed. Try again, and confirm when your device asks.";
  if (error instanceof HeldAlready) return "This browser is one of your devices already.";
  if (!(error instanceof Failed)) return "That did not work. Try again.";
  if (error.code === "code_wrong") return `That is not the code that we sent.${left(error)}`;
  const known = CODES[error.code] ?? "That did not work.";
  const later = error.code in CODES ? "" : " Try again later.";
  return error.wait ? `${known} Try again in ${span(error.wait)}.` : known + later;
}

/** Of an answer that was not right. */
export function explainWrong(error: Failed, number: boolean): string {
  const what = number ? "That is not the number on the other screen." : "That was not accepted.";
  return what + left(error);
}

function left({ left }: Failed): string {
  if (left === "one_left") return " One try is left.";
  return left === "used_up" ? " No try is left." : " Try again.";
}

/** Whether the request takes no answer any more. */
export function isClosed(error: unknown): boolean {
  return error instanceof Failed && (CLOSED.has(error.code) || error.left === "used_up");
}

/** 59 s: "59 seconds"; 61 s: "1 minute 1 second". */
export function span(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  const parts = [minutes ? many(minutes, "minute") : "", rest || !minutes ? many(rest, "second") : ""];
  return parts.filter(Boolean).join(" ");
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** A name to begin with; people may choose another. */
export function suggestedName(agent: string): string {
  const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrome\//.test(agent) ? "Chrome" : "Safari";
  const places: [RegExp, string][] = [
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "Mac"],
    [/Linux/, "Linux"],
  ];
  const place = places.find(([pattern]) => pattern.test(agent))?.[1];
  return place ? `${browser} on ${place}` : browser;
}
