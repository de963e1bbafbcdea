// Base64url without padding (RFC 7515, 2).

export function toBase64(octets: ArrayBuffer | Uint8Array): string {
  const bytes = octets instanceof Uint8Array ? octets : new Uint8Array(octets);
  const text = Array.from(bytes, (one) => String.fromCharCode(one)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Throws for what is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
