// A call as a line for a POSIX shell.
import type { Call } from "./api";

export function curl(call: Call, origin: string): string {
  const parts = ["curl -sS -i"];
  const usual = call.sent === undefined ? "GET" : "POST";
  if (call.method !== usual) parts.push(`-X ${call.method}`);
  parts.push(quoted(`${origin}${call.path}`));
  for (const [name, value] of Object.entries(call.headers)) {
    parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  if (call.sent !== undefined) parts.push(`--data-raw ${quoted(call.sent)}`);
  return parts.join(" \\\n  ");
}

/** Within single quotes a shell reads every character as itself, but for the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
