// What the screens share: the enrolments, what waits, and where to go next.
import type { Enrolment, Store } from "./store";
import type { Waiting } from "./waiting";

export interface App {
  readonly store: Store;
  readonly waiting: Waiting;
  readonly enrolments: readonly Enrolment[];
  /** Whether its window may be closed by itself, and a page around it told of log-ins. */
  readonly framed: boolean;
  added(enrolment: Enrolment): Promise<void>;
  /** What changed of one that is there. */
  kept(enrolment: Enrolment): Promise<void>;
  forgotten(enrolment: Enrolment): Promise<void>;
  /** The first request that waits, or that none does. */
  toWaiting(notice?: string): void;
  toDevices(notice?: string): void;
  toAdd(): void;
}
