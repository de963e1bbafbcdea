// The sandbox's clock, kept by the browser's between two looks at it.
import { type Api, at, isOk } from "./api";

export class Clock {
  readonly #api: Api;
  #ahead = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(api: Api) {
    this.#api = api;
    setInterval(() => this.#tick(), 250);
  }

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Calls back four times a second, and at once when the clock is moved. */
  onTick(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async look(): Promise<void> {
    const began = Date.now();
    this.#read(await this.#api.sandbox("GET", "/clock"), began);
  }

  /** Forward; there is no way back. */
  async advance(seconds: number): Promise<boolean> {
    const began = Date.now();
    return this.#read(await this.#api.sandbox("POST", "/clock", { advance_seconds: seconds }), began);
  }

  #read(answer: Awaited<ReturnType<Api["sandbox"]>>, began: number): boolean {
    const now = at(answer.body, "now");
    if (!isOk(answer) || typeof now !== "number") return false;
    this.#ahead = now - (began + Date.now()) / 2;
    this.#tick();
    return true;
  }

  #tick(): void {
    for (const listener of this.#listeners) listener();
  }
}
