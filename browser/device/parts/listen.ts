// Waits for requests: one long call for each enrolment, begun again for as long as the app is open.
import { own, text, whole } from "../../shared/read";
import { asDevice, Failed } from "./api";
import type { Enrolment } from "./store";

/** Seconds that the server may hold a call; and how many of these a browser has room for, beside
 * the others that it makes to one origin over HTTP/1.1. */
const HELD_S = 25;
const MOST_HELD = 3;
const PATIENCE_MS = (HELD_S + 10) * 1_000;
const LOOK_AGAIN_MS = 4_000;
const UNKNOWN_AGAIN_MS = 30_000;
const BACK_OFF_MS = [500, 1_000, 2_000, 5_000, 10_000];
const LONGEST_ID = 20;

/** One that waits for an answer; times are the server's, in ms. */
export interface Open {
  id: string;
  createdAt: number;
  expiresAt: number;
}

export type Link = "connecting" | "listening" | "offline" | "unknown";

export interface Heard {
  /** All that are open now, oldest first. */
  open(enrolment: Enrolment, open: Open[], now: number | undefined): void;
  link(enrolment: Enrolment, link: Link): void;
}

export class Listener {
  readonly #enrolment: Enrolment;
  readonly #heard: Heard;
  readonly #others: () => number;
  #seen: string[] | undefined;
  #stopped = false;
  #cut = new AbortController();

  constructor(enrolment: Enrolment, heard: Heard, others: () => number) {
    this.#enrolment = enrolment;
    this.#heard = heard;
    this.#others = others;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#cut.abort();
  }

  /** Looks now: something may have changed, or there may be a connection again. */
  look(): void {
    this.#seen = undefined;
    this.#cut.abort();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      const cut = (this.#cut = new AbortController());
      const pause = await this.#once(cut.signal).then(
        (held) => ((failures = 0), held ? 0 : LOOK_AGAIN_MS),
        (error) => (cut.signal.aborted ? 0 : this.#failed(error, failures++)),
      );
      if (pause) await until(pause, this.#cut.signal);
    }
  }

  /** Whether the server held the call. */
  async #once(signal: AbortSignal): Promise<boolean> {
    const first = this.#seen === undefined;
    const held = this.#others() < MOST_HELD;
    const query = first || !held ? "" : `?wait=${HELD_S}&seen=${this.#seen?.join(",") ?? ""}`;
    const sent = { query, signal, patience: PATIENCE_MS };
    const body = await asDevice(this.#enrolment, "GET", "/challenges", sent);
    if (this.#stopped) return true;
    const open = read(own(body, "challenges"));
    this.#seen = open.map((one) => one.id);
    this.#heard.link(this.#enrolment, "listening");
    this.#heard.open(this.#enrolment, open, whole(body, "now"));
    return held;
  }

  #failed(error: unknown, failures: number): number {
    if (this.#stopped) return 0;
    this.#seen = undefined;
    const unknown = error instanceof Failed && error.unknown;
    this.#heard.link(this.#enrolment, unknown ? "unknown" : "offline");
    if (unknown) return UNKNOWN_AGAIN_MS;
    const wait = error instanceof Failed ? (error.wait ?? 0) * 1_000 : 0;
    const pause = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)]!;
    return Math.max(wait, pause * (0.5 + Math.random())); // not all devices in the same moment
  }
}

function read(list: unknown): Open[] {
  if (!Array.isArray(list)) return [];
  const open = list.map((one) => ({
    id: text(one, "id", LONGEST_ID),
    createdAt: whole(one, "createdAt") ?? 0,
    expiresAt: whole(one, "expiresAt") ?? 0,
  }));
  return open.sort((one, other) => one.createdAt - other.createdAt);
}

/** Or until it is cut short. */
function until(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
