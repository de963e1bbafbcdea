// What the page says. One place, so that it speaks with one voice.
import type { Problem } from "./api";
import type { Type } from "./page";

export const WAYS: Record<Type, string> = {
  PIN: "Enter your PIN",
  SMS: "Get a code by text message",
  WHATSAPP: "Get a code by WhatsApp",
  VOICE: "Get a code by phone call",
  FACE_MAP: "Use your app",
  PARTNER_DEVICE_FINGERPRINT: "Use your app",
};

export const SEND: Partial<Record<Type, string>> = {
  SMS: "Send the text message",
  WHATSAPP: "Send the WhatsApp message",
  VOICE: "Call me",
};

const SENT: Partial<Record<Type, string>> = {
  SMS: "We have sent a text message to",
  WHATSAPP: "We have sent a WhatsApp message to",
  VOICE: "We are calling",
};

export function sent(type: Type, ending: string): string {
  const where = ending ? `the phone that ends in ${ending}` : "your phone";
  return `${SENT[type] ?? ""} ${where}.`;
}

export function explain(problem: Problem, type: Type, wait?: number): string {
  const when = wait ? `in ${span(wait)}` : "later";
  const later = ` Try again ${when}.`;
  switch (problem) {
    case "wrong":
      return type === "PIN" ? "That is not your PIN." : "That is not the code that we sent.";
    case "blocked":
      return `There were too many wrong answers, so nothing can be approved now.${later}`;
    case "gone":
      return "The request has expired or was used already. Go back and start again.";
    case "too_soon":
      return `A code was sent a moment ago.${later}`;
    case "sends_used_up":
      return `No more codes can be sent for this request. Choose another way, or try again ${when}.`;
    case "no_code":
      return "No code is waiting for an answer. Have a new one sent.";
    case "code_expired":
      return "The code has expired. Have a new one sent.";
    case "type_again":
      return "Please enter your PIN again.";
    case "not_possible":
      return "This is not possible for you here. Choose another way.";
    case "later":
      return `That did not work.${later}`;
    case "connection":
      return "There is no connection to the server. Check it and try again.";
  }
}

/** 59 s: "59 seconds"; 3599 s: "60 minutes". */
export function span(seconds: number): string {
  if (seconds < 100) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}
