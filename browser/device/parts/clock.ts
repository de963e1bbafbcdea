// The server's time: a proof is good for a minute only, and people's clocks are wrong.

let ahead = 0;

/** The server's clock, in ms, as it says it where a proof was of the wrong minute. */
export function heard(serverTime: number): void {
  ahead = serverTime - Date.now();
}

/** In ms. */
export function now(): number {
  return Math.round(Date.now() + ahead);
}
