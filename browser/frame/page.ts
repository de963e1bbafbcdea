// What the server wrote into the page: whose field this is, who may embed it, what it accepts.
import { type FieldType, isConfirm, PAIR_OF, PIN } from "../shared/protocol";
import { own } from "../shared/read";

export interface PasswordRules {
  shortest: number;
  longest: number;
  classes: boolean;
}
export interface PassCodeRules {
  digits: number;
}
export interface Fields {
  password?: PasswordRules;
  passCode?: PassCodeRules;
}
export type ServerKey = JsonWebKey & { kid: string };

export interface Page {
  uiKey: string;
  origins: string[];
  loopback: boolean;
  /** The origin of the house's own pages. */
  own: string;
  key: ServerKey;
  fields: Fields;
}

export function readPage(): Page {
  return JSON.parse(document.documentElement.dataset.frame ?? "") as Page;
}

export function mayEmbed(page: Page, origin: string): boolean {
  return page.origins.includes(origin) || (page.loopback && isLoopback(origin));
}

/** What a page has learnt to draw it could ask for; a PIN is typed on the house's own only. */
export function mayHave(page: Page, origin: string, type: FieldType): boolean {
  if (type === PIN) return origin === page.own;
  return page.fields[isConfirm(type) ? PAIR_OF[type] : type] !== undefined;
}

function isLoopback(origin: string): boolean {
  if (!origin.includes("//")) return false; // "null": a sandboxed or a local page
  const { protocol, hostname } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "127.0.0.1" ||
    hostname === "[::1]"
  );
}

export function isServerKey(key: unknown): key is ServerKey {
  return typeof own(key, "kid") === "string" && own(key, "kty") === "EC";
}
