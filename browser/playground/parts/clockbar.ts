// The clock in the top bar, and the buttons that move it.
import { announce } from "../../shared/announce";
import type { Clock } from "./clock";
import { byId, tell } from "../../shared/dom";
import { waiting } from "./form";

const DAY = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const TIME = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** `moved` is told after each move, with how far in words. */
export function startClockBar(clock: Clock, moved: () => void): void {
  clock.onTick(() => {
    tell(byId("clock-day"), DAY.format(clock.now()));
    tell(byId("clock-time"), TIME.format(clock.now()));
  });
  for (const pressed of document.querySelectorAll<HTMLButtonElement>("[data-advance]")) {
    pressed.addEventListener("click", () => {
      void waiting(pressed, () => move(clock, pressed, moved));
    });
  }
}

async function move(clock: Clock, pressed: HTMLButtonElement, moved: () => void): Promise<void> {
  const done = await clock.advance(Number(pressed.dataset["advance"]));
  announce(done ? `The clock was moved: ${pressed.textContent}.` : "The clock could not be moved.");
  if (done) moved();
}

/** Hours and minutes, as on a phone. */
export function shortTime(when: number): string {
  return TIME.format(when).slice(0, 5);
}
