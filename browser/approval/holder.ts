// Whoever opened this page: the page around the frame, or the one that opened the window.

export type Outcome = "success" | "failed" | "closed";

export class Holder {
  readonly #targets: readonly string[];
  #told = false;

  constructor(targets: readonly string[]) {
    this.#targets = targets;
    // the frame is taken away or the window closed: nobody will press anything any more
    window.addEventListener("pagehide", () => this.tell("closed"));
  }

  /** Once. Browsers deliver it to no page of another origin than those that are named. */
  tell(outcome: Outcome): void {
    if (this.#told) return;
    this.#told = true;
    const holder = inFrame() ? window.parent : (window.opener as Window | null);
    for (const origin of this.#targets) {
      holder?.postMessage(`tw-approve-api-action-${outcome}`, origin);
    }
  }
}

export function inFrame(): boolean {
  return window.parent !== window;
}
