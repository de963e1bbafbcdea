// An enrolment's link, as it is opened, typed, pasted or scanned.

const TOKEN = /^enrol_[0-9A-Za-z]{39}$/;
const KEY = "enrol";

/** The token; undefined: that is no link of this server. */
export function tokenOf(given: string): string | undefined {
  const text = given.trim();
  if (TOKEN.test(text)) return text;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.origin !== location.origin || url.pathname !== location.pathname) return undefined;
  return inFragment(url.hash);
}

function inFragment(hash: string): string | undefined {
  const token = new URLSearchParams(hash.slice(1)).get(KEY) ?? "";
  return TOKEN.test(token) ? token : undefined;
}

/** Of the address that was opened; empty: of a link that is not whole. It is taken out of the
 * address at once: it is good for one use, and stands in no history. */
export function takeToken(): string | undefined {
  const broken = new URLSearchParams(location.hash.slice(1)).has(KEY) ? "" : undefined;
  const token = inFragment(location.hash) ?? broken;
  if (location.hash) history.replaceState(null, "", location.pathname);
  return token;
}
