// The bank app's session: a bearer, and how long it will live without a call.
import type { Clock } from "./clock";
import type { Kind } from "./config";

/** A session may be idle for five minutes, and not a second longer. */
const IDLE_MS = 300_000;

export class Session {
  readonly #clock: Clock;
  #used = 0;
  token = "";
  /** What the person logged in with. */
  kind: Kind = "password";
  steppedUp = false;
  /** Opened by a password that has expired: it may change that and nothing else. */
  renewal = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get open(): boolean {
    return this.token !== "";
  }

  begin(token: string, kind: Kind, steppedUp = false, renewal = false): void {
    this.token = token;
    this.kind = kind;
    this.steppedUp = steppedUp;
    this.renewal = renewal;
    this.used(this.#clock.now());
  }

  end(): void {
    this.token = "";
    this.steppedUp = false;
    this.renewal = false;
  }

  /** A call was made with the bearer: the five minutes begin anew. */
  used(when: number): void {
    this.#used = Math.max(this.#used, when);
  }

  /** Milliseconds; below zero the server has forgotten the session. */
  left(): number {
    return IDLE_MS - (this.#clock.now() - this.#used);
  }
}
