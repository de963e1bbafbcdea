// Callbacks beside promises.
import type { SecureFieldError } from "./client.1.d.ts";

/** Calls what of the page's is given. A failure is silent only if `reject` was there to hear it. */
export function settle<T>(
  work: Promise<T>,
  resolve: ((value: T) => void) | undefined,
  reject: ((error: SecureFieldError) => void) | undefined,
): Promise<T> {
  const told = work.then((value) => {
    call(resolve, value);
    return value;
  });
  if (typeof reject === "function") told.catch((error: SecureFieldError) => call(reject, error));
  return told;
}

/** What a page's function throws is the page's, and must not end up as a failure of ours. */
export function call<A extends unknown[]>(
  listener: ((...told: A) => void) | undefined,
  ...told: A
): void {
  if (typeof listener !== "function") return;
  try {
    listener(...told);
  } catch (error) {
    reportError(error);
  }
}
