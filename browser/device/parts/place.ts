// The one place where screens are shown, and what every screen is made with.
import { button, byId, el, tell } from "../../shared/dom";
import { explain } from "./words";

export interface Screen {
  name: string;
  title: string;
  nodes: Node[];
  /** Called when another one takes its place. */
  gone?(): void;
}

let current: Screen | undefined;

/** `focus`: on its title, so that screen readers say what is there now. */
export function show(screen: Screen, focus = true): void {
  current?.gone?.();
  current = screen;
  const place = byId("screen");
  const title = el("h1", { tabindex: -1 }, screen.title);
  place.dataset["screen"] = screen.name;
  place.replaceChildren(title, ...screen.nodes);
  window.scrollTo(0, 0);
  if (focus) title.focus({ preventScroll: true });
}

export function shown(): string {
  return current?.name ?? "";
}

export interface Problem {
  readonly node: HTMLElement;
  say(text: string): void;
}

/** Where a screen says what went wrong; spoken at once. */
export function problem(): Problem {
  const node = el("p", { class: "problem", role: "alert", id: "problem" });
  return { node, say: (text) => tell(node, text) };
}

/** A button that works once at a time; what goes wrong is said. */
export function act(
  label: string,
  problem: Problem,
  work: () => Promise<void>,
  attributes: Record<string, string> = {},
): HTMLButtonElement {
  const pressed: HTMLButtonElement = button(label, () => void busy(pressed, problem, work), attributes);
  return pressed;
}

let working = false;

/** One thing at a time, whichever button it was. Disabling would lose the focus. */
export async function busy(
  pressed: HTMLElement | undefined,
  problem: Problem,
  work: () => Promise<void>,
): Promise<void> {
  if (working) return;
  working = true;
  pressed?.setAttribute("aria-busy", "true");
  problem.say("");
  try {
    await work();
  } catch (error) {
    problem.say(explain(error));
  } finally {
    working = false;
    pressed?.removeAttribute("aria-busy");
  }
}
