// Passwords and passcodes in secure fields, and what is said around them.
import type { Bank } from "../parts/bank";
import type { Kind } from "../parts/config";
import { el } from "../../shared/dom";
import { isWords, SecureFields, type Wanted } from "../parts/secure";
import type { Words } from "../parts/words";

const TYPES = {
  password: ["password", "confirmPassword"],
  passcode: ["passCode", "confirmPassCode"],
} as const;

/** One that the person has. */
export function presentSecret(
  name: string,
  kind: Kind,
  label: string,
  submit: () => void,
): SecureFields {
  return new SecureFields([{ name, type: TYPES[kind][0], label }], submit);
}

/** One that is being chosen, entered twice. */
export function newSecret(
  bank: Bank,
  name: string,
  kind: Kind,
  label: string,
  submit: () => void,
): SecureFields {
  const [type, confirm] = TYPES[kind];
  const wanted: Wanted[] = [
    { name, type, label, fresh: true, strength: kind === "password", hint: rule(bank, kind) },
    { name: `${name}Again`, type: confirm, label: `${label}, again`, fresh: true },
  ];
  return new SecureFields(wanted, submit);
}

function rule(bank: Bank, kind: Kind): string {
  const { password_profile: profile, passcode_digits: digits } = bank.parts.settings;
  if (kind === "passcode") return `${digits ?? 4} digits; not the same four times, not a row like 1234.`;
  return profile === "weavr"
    ? "8 to 30 characters: a capital and a small letter, a digit and a special character."
    : "15 to 100 characters of any sort. A sentence is good.";
}

/** Tokens in place of what was typed, or what is wrong with it. */
export async function takeTokens(
  bank: Bank,
  ...forms: SecureFields[]
): Promise<Record<string, string> | Words> {
  const all: Record<string, string> = {};
  for (const form of forms) {
    const tokens = await form.tokens();
    if (isWords(tokens)) return tokens;
    Object.assign(all, tokens);
  }
  bank.parts.tokens(all);
  return all;
}

export function framesNote(bank: Bank): HTMLElement {
  return el(
    "p",
    { class: "frames-note" },
    el("span", { class: "lock", "aria-hidden": "true" }),
    el(
      "span",
      {},
      "Typed into a frame of ",
      el("code", {}, new URL(bank.parts.config.frames_url).host),
      ". This page gets a token, never what is typed.",
    ),
  );
}
