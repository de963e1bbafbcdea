// The seconds that are left of the session, and the question whether somebody is still there.
import { type Bank } from "./bank";
import { byId, tell } from "../../shared/dom";
import { waiting } from "./form";
import { announce } from "../../shared/announce";

const ASK_BELOW = 60;
const SPOKEN = [30, 10];

export function startWatch(bank: Bank): void {
  const dialog = byId("still-there") as HTMLDialogElement;
  const watch = new Watch(bank, dialog);
  bank.parts.clock.onTick(() => watch.tick());
  byId("stay").addEventListener("click", (event) => {
    void waiting(event.currentTarget as HTMLElement, () => watch.stay());
  });
  byId("leave").addEventListener("click", () => {
    dialog.close();
    byId("log-out").click();
  });
}

class Watch {
  readonly #bank: Bank;
  readonly #dialog: HTMLDialogElement;
  /** Asked since the last call, also if the question was put away with Escape. */
  #asked = false;
  #proving = false;
  #spoken = 0;

  constructor(bank: Bank, dialog: HTMLDialogElement) {
    this.#bank = bank;
    this.#dialog = dialog;
  }

  tick(): void {
    const { session } = this.#bank;
    const left = session.left();
    this.#showBar(session.open, Math.max(0, Math.ceil(left / 1000)));
    if (!session.open) return this.#close();
    if (left <= -1000) return void this.#over();
    if (left >= ASK_BELOW * 1000) {
      this.#close();
      this.#asked = false;
      return;
    }
    this.#ask(Math.max(0, Math.ceil(left / 1000)));
  }

  /** Any call with the bearer is a sign of life. */
  async stay(): Promise<void> {
    await this.#bank.call("GET", "/authentication_factors");
    this.tick();
  }

  #showBar(open: boolean, seconds: number): void {
    const bar = byId("session");
    bar.hidden = !open;
    if (!open) return;
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    tell(byId("session-left"), time);
    bar.toggleAttribute("data-short", seconds < ASK_BELOW);
    const badge = byId("session-level");
    tell(badge, this.#bank.session.steppedUp ? "Stepped up" : "One factor");
    badge.toggleAttribute("data-stepped-up", this.#bank.session.steppedUp);
  }

  #ask(seconds: number): void {
    tell(byId("still-there-left"), String(seconds));
    if (!this.#asked) {
      this.#asked = true;
      this.#spoken = ASK_BELOW;
      this.#dialog.showModal();
    }
    const due = SPOKEN.find((one) => seconds <= one && one < this.#spoken);
    if (due === undefined) return;
    this.#spoken = due;
    announce(`${seconds} seconds left of the session.`);
  }

  #close(): void {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** The server has the last word, and is asked when a call can no longer keep the session alive. */
  async #over(): Promise<void> {
    if (this.#proving) return;
    this.#proving = true;
    this.#close();
    const { status } = await this.#bank.call("GET", "/authentication_factors");
    if (status === 0) this.#bank.signedOut("The server did not answer.");
    this.#proving = false;
  }
}
