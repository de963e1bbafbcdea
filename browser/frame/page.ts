// What the server wrote into the page: whose field this is, who may embed it, what it accepts.
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
  key: ServerKey;
  fields: Fields;
}

export function readPage(): Page {
  return JSON.parse(document.documentElement.dataset.frame ?? "") as Page;
}

export function mayEmbed(page: Page, origin: string): boolean {
  return page.origins.includes(origin) || (page.loopback && isLoopback(origin));
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
