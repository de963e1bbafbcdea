// Who wants to know what of a field.
import type { Events } from "./client.1.d.ts";
import { failure } from "./failure";
import { call } from "./settle";

type Listener = (...told: never[]) => void;
const NAMES: Record<keyof Events, true> = {
  ready: true,
  change: true,
  keyup: true,
  focus: true,
  blur: true,
  submit: true,
  strength: true,
};

export class Listeners {
  readonly #all = new Map<string, Set<Listener>>();

  add(event: string, listener: unknown): void {
    if (typeof listener !== "function") throw failure("LISTENER_INVALID", known(event));
    const listeners = this.#all.get(known(event)) ?? new Set();
    this.#all.set(event, listeners.add(listener as Listener));
  }

  remove(event: string, listener?: unknown): void {
    if (listener === undefined) this.#all.delete(known(event));
    else this.#all.get(known(event))?.delete(listener as Listener);
  }

  clear(event?: string): void {
    if (event === undefined) this.#all.clear();
    else this.#all.delete(known(event));
  }

  has(event: keyof Events): boolean {
    return Boolean(this.#all.get(event)?.size);
  }

  tell<E extends keyof Events>(event: E, ...told: Parameters<Events[E]>): void {
    for (const listener of [...(this.#all.get(event) ?? [])]) call(listener, ...(told as never[]));
  }
}

function known(event: string): string {
  if (!Object.hasOwn(NAMES, event)) throw failure("EVENT_UNKNOWN", String(event));
  return event;
}
