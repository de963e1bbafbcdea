// Operations are folded until somebody opens one, by hand or by its link.
import { button, byId, el } from "../../shared/dom";

const NARROW = "(max-width: 900px)";

export function folded(summary: HTMLElement, inside: HTMLElement): HTMLDetailsElement {
  return el("details", { class: "fold" }, summary, inside);
}

/** Opens all of them, or folds them again. */
export function foldAll(): HTMLElement {
  let opened = false;
  const turn = () => {
    opened = !opened;
    for (const one of folds()) one.open = opened;
    all.textContent = opened ? "Fold all operations" : "Open all operations";
  };
  const all: HTMLButtonElement = button("Open all operations", turn, { id: "fold-all" });
  return el("p", {}, all);
}

/** A link opens what it points to; so does the address that the page came with. */
export function startFolds(): void {
  document.addEventListener("click", ({ target }) => {
    const link = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href^='#']") : null;
    if (link) open(link.hash);
  });
  addEventListener("hashchange", () => open(location.hash)?.scrollIntoView());
  open(location.hash)?.scrollIntoView();
}

/** The list of operations: always there where there is room beside them, else folded. */
export function startList(): void {
  const list = byId("list") as HTMLDetailsElement;
  const narrow = matchMedia(NARROW);
  const fit = () => {
    list.open = !narrow.matches;
  };
  narrow.addEventListener("change", fit);
  fit();
  byId("tags").addEventListener("click", ({ target }) => {
    // before the browser goes where the link points, so that it arrives there
    if (narrow.matches && target instanceof Element && target.closest("a")) list.open = false;
  });
}

function folds(): NodeListOf<HTMLDetailsElement> {
  return document.querySelectorAll("details.fold");
}

function open(hash: string): HTMLElement | null {
  const named = hash.length > 1 ? document.getElementById(hash.slice(1)) : null;
  const fold = named?.querySelector<HTMLDetailsElement>(":scope > details.fold");
  if (fold) fold.open = true;
  return named;
}
