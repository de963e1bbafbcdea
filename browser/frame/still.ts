// Browsers scroll all that is around a caret until it can be seen, the pages of other origins too.
// In a slit narrower than a letter a page could read off by that how much is typed, and when.

/** Folds the field up for as long as a key is at work: its caret is in one place then, and nothing
 * has to move. It is unfolded before the next picture is drawn, so nobody sees it. */
export function keepStill(input: HTMLInputElement): void {
  const fold = () => {
    if (input.classList.contains("folded")) return;
    input.classList.add("folded");
    requestAnimationFrame(() => input.classList.remove("folded"));
  };
  // keys move the caret, and all that changes the text announces it by one of these
  for (const name of ["keydown", "beforeinput", "input", "focus"]) {
    input.addEventListener(name, fold, true);
  }
}
