// Canonical JSON (RFC 8785): the same values are the same octets on both sides.

export type Json = null | boolean | number | string | readonly Json[] | Members;
export interface Members {
  readonly [name: string]: Json | undefined;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Members that are undefined are left out. Throws for what JSON cannot say exactly. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) return members(value as Members);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("no JSON number");
  if (typeof value === "string") return quoted(value);
  return JSON.stringify(value); // numbers as ECMAScript writes them: 3.2.2.3
}

/** Sorted by their names' UTF-16 code units (3.2.3), which is what `sort` compares. */
function members(value: Members): string {
  const parts: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const one = value[name];
    if (one !== undefined) parts.push(`${quoted(name)}:${canonical(one)}`);
  }
  return `{${parts.join(",")}}`;
}

/** `JSON.stringify` escapes what 3.2.2.2 asks for, and lone surrogates, which are no text at all. */
function quoted(text: string): string {
  if (LONE_SURROGATE.test(text)) throw new TypeError("not well-formed text");
  return JSON.stringify(text);
}

export function octets(value: Json): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonical(value));
}

/** SHA-256 of the canonical octets: the challenge of WebAuthn's ceremonies. */
export async function digest(value: Json): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", octets(value));
}
