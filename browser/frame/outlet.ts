// All that ever leaves the frame towards the page goes through here.
import { BEAT_MS, type FrameCode, type Report } from "../shared/protocol";

export interface Seen {
  empty: boolean;
  valid: boolean;
  /** undefined: not told to the page. */
  strength: number | undefined;
}

export class Outlet {
  readonly #port: MessagePort;
  #told: Seen = { empty: true, valid: false, strength: undefined };
  #now: Seen = this.#told;
  #typed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  send(report: Report): void {
    this.#port.postMessage(report);
  }

  fail(code: FrameCode, ask?: number): void {
    this.send(ask === undefined ? { tells: "failed", code } : { tells: "failed", ask, code });
  }

  typed(): void {
    this.#typed = true;
    this.#beat();
  }

  see(now: Seen): void {
    this.#now = now;
    this.#beat();
  }

  /** For what must not overtake the state: `submit`, `blur`, answers. */
  flush(): void {
    const { empty, valid, strength } = this.#now;
    const told = this.#told;
    this.#told = this.#now;
    if (empty !== told.empty || valid !== told.valid) this.send({ tells: "change", empty, valid });
    if (strength !== undefined && strength !== told.strength) {
      this.send({ tells: "strength", id: strength });
    }
  }

  #beat(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#typed) this.send({ tells: "keyup" });
      this.#typed = false;
      this.flush();
    }, BEAT_MS - (performance.now() % BEAT_MS));
  }
}
