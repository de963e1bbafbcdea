// What only the person's app can prove: their face, their device. The page waits for it.
import { el } from "../../shared/dom";
import type { Around, Panel } from "./panel";

const EVERY_MS = 3_000;

export class AppPanel implements Panel {
  readonly node: HTMLElement;
  readonly #around: Around;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(around: Around) {
    this.#around = around;
    this.node = el(
      "div",
      { class: "notice", tabindex: -1 },
      el("p", {}, "Open your app on the phone that you use for this account, and approve there."),
      el("p", { class: "hint" }, "This page goes on by itself as soon as you have."),
    );
  }

  shown(focus: boolean): void {
    if (focus) this.node.focus();
    this.#wait();
  }

  gone(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#look(), EVERY_MS);
  }

  async #look(): Promise<void> {
    const { run, api, proved, isNew } = this.#around;
    await run("FACE_MAP", undefined, async () => {
      const state = await api.status();
      if (isNew(state)) proved(state);
    });
    if (this.node.isConnected) this.#wait();
  }
}
