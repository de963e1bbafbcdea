// All that ever leaves the frame towards the page goes through here.
import { BEAT_MS, type FrameCode, type Report } from "../shared/protocol";

/** Two seconds: few who type at all are slower. */
const TAIL_BEATS = 8;

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
  /** Beats on which `keyup` is still to be told. */
  #left = 0;
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

  /** A key was released. From now on every beat tells of a key, until some time after the last
   * one: who types slowly would otherwise be told by the beat how many there were, and when. */
  typed(): void {
    this.#left = TAIL_BEATS + Math.floor(Math.random() * TAIL_BEATS);
    this.#beat();
  }

  /** The person has left the field, or is done. */
  rest(): void {
    if (this.#left > 0) this.send({ tells: "keyup" });
    this.#left = 0;
    this.flush();
  }

  see(now: Seen): void {
    this.#now = now;
    this.#beat();
  }

  /** For what must not overtake the state: `submit`, `blur`, tokens. */
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
      if (this.#left > 0) {
        this.#left -= 1;
        this.send({ tells: "keyup" });
        this.#beat();
      }
      this.flush();
    }, BEAT_MS - (performance.now() % BEAT_MS));
  }
}
