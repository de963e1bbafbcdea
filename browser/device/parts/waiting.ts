// All requests that wait, over all enrolments, and how the connections stand.
import { Listener, type Link, type Open } from "./listen";
import type { Enrolment } from "./store";

export interface Waits extends Open {
  enrolment: Enrolment;
}

export class Waiting {
  readonly #changed: () => void;
  readonly #listeners = new Map<string, Listener>();
  readonly #open = new Map<string, Waits[]>();
  readonly #skipped = new Set<string>();
  readonly #links = new Map<string, Link>();
  /** The server's clock less this browser's steady one, in ms. */
  #lead = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Listens for exactly these. */
  listen(enrolments: readonly Enrolment[]): void {
    const wanted = new Set(enrolments.map((one) => one.device));
    for (const device of [...this.#listeners.keys()]) if (!wanted.has(device)) this.#forget(device);
    for (const enrolment of enrolments) {
      if (this.#listeners.has(enrolment.device)) continue;
      this.#links.set(enrolment.device, "connecting");
      const listener = new Listener(enrolment, this.#heard, () => this.#listeners.size - 1);
      this.#listeners.set(enrolment.device, listener);
    }
    this.#changed();
  }

  look(): void {
    for (const listener of this.#listeners.values()) listener.look();
  }

  /** The one that was asked first comes first. */
  all(): Waits[] {
    const open = [...this.#open.values()].flat().filter((one) => !this.#skipped.has(one.id));
    return open.sort((one, other) => one.createdAt - other.createdAt);
  }

  /** One that this app cannot show: others are not to wait for it. */
  skip(challenge: string): void {
    this.#skipped.add(challenge);
  }

  has(device: string, challenge: string): boolean {
    return (this.#open.get(device) ?? []).some((one) => one.id === challenge);
  }

  /** One that was answered here. */
  drop(device: string, challenge: string): void {
    const left = (this.#open.get(device) ?? []).filter((one) => one.id !== challenge);
    this.#open.set(device, left);
    this.#listeners.get(device)?.look();
  }

  link(device: string): Link {
    return this.#links.get(device) ?? "connecting";
  }

  /** Whether some server cannot be reached: what is shown may be old. */
  get offline(): boolean {
    return [...this.#links.values()].includes("offline");
  }

  /** By the server's clock, in ms. */
  now(): number {
    return performance.now() + this.#lead;
  }

  readonly #heard = {
    open: (enrolment: Enrolment, open: Open[], now: number | undefined): void => {
      if (!this.#listeners.has(enrolment.device)) return;
      // a server that does not tell its time: what came just now was asked just now
      const newest = now ?? Math.max(0, ...open.map((one) => one.createdAt));
      if (newest) this.#lead = newest - performance.now();
      this.#open.set(enrolment.device, open.map((one) => ({ ...one, enrolment })));
      this.#changed();
    },
    link: (enrolment: Enrolment, link: Link): void => {
      if (!this.#listeners.has(enrolment.device) || this.link(enrolment.device) === link) return;
      this.#links.set(enrolment.device, link);
      if (link !== "listening") this.#open.delete(enrolment.device);
      this.#changed();
    },
  };

  #forget(device: string): void {
    this.#listeners.get(device)?.stop();
    for (const map of [this.#listeners, this.#open, this.#links]) map.delete(device);
  }
}
