// The options of a field, as a page gives them. Throws for what cannot be meant.
import { AUTOCOMPLETE, MESSAGES } from "../shared/protocol";
import { own } from "../shared/read";
import { propertiesOf, readStyle, STATES, type StyleSet } from "../shared/style";
import type { ClassNames, InputOptions } from "./client.1.d.ts";
import { failure } from "./failure";

type Checks = { [K in keyof Required<InputOptions>]: (value: unknown, path: string) => void };

const CLASSES = ["base", "empty", "focus", "valid", "invalid", "autofill"] as const;
const CHECKS: Checks = {
  placeholder: isText,
  label: isText,
  lang: isText,
  maxlength: (value, path) => demand(/^[1-9]\d{0,5}$/.test(String(value)), path),
  autocorrect: () => {},
  autocomplete: (value, path) => demand(AUTOCOMPLETE.includes(value as never), path),
  dir: (value, path) => demand(["ltr", "rtl", "auto"].includes(value as never), path),
  messages: (value, path) => areTexts(value, MESSAGES, path),
  classNames: (value, path) => areTexts(value, CLASSES, path),
  style: (value) => void checkedStyle(value),
};

/** The options of before, with those that are given now. */
export function merged(before: InputOptions, given: unknown): InputOptions {
  if (given === undefined) return before;
  demand(typeof given === "object" && given !== null, "options");
  const options: InputOptions = { ...before };
  for (const [key, value] of Object.entries(given as object)) {
    if (!Object.hasOwn(CHECKS, key)) {
      console.warn(`Secure fields have no option ${JSON.stringify(key)}; it changes nothing.`);
      continue;
    }
    const known = key as keyof InputOptions;
    if (value === undefined || value === null) {
      delete options[known];
      continue;
    }
    CHECKS[known](value, key);
    (options as Record<string, unknown>)[known] = value;
  }
  return options;
}

export function checkedStyle(style: unknown): StyleSet {
  const refuse = (path: string): never => {
    throw failure("STYLE_REFUSED", path);
  };
  const read = readStyle(style, refuse);
  for (const state of STATES) {
    for (const [pseudo, declarations] of Object.entries(read[state] ?? {})) {
      for (const [key, value] of Object.entries(declarations)) {
        const property = propertiesOf(key)![0]!;
        if (property.startsWith("-") || CSS.supports(property, value)) continue;
        refuse(["style", state, pseudo, key].filter(Boolean).join("."));
      }
    }
  }
  return read;
}

/** Class names of one state, for a `classList`. */
export function classesOf(names: ClassNames | undefined, state: keyof ClassNames): string[] {
  const value = own(names, state);
  return typeof value === "string" ? value.split(/\s+/).filter(Boolean) : [];
}

function demand(holds: boolean, path: string): asserts holds {
  if (!holds) throw failure("OPTION_REFUSED", path);
}

function isText(value: unknown, path: string): void {
  demand(typeof value === "string", path);
}

function areTexts(value: unknown, keys: readonly string[], path: string): void {
  demand(typeof value === "object" && value !== null, path);
  for (const [key, text] of Object.entries(value)) {
    demand(keys.includes(key) && (typeof text === "string" || text === undefined), `${path}.${key}`);
  }
}
