// What the person does with a field.
import type { Outlet } from "./outlet";
import { keepStill } from "./still";
import type { View } from "./view";

export interface Doings {
  typed(): void;
  focused(): void;
  left(): void;
}

export function listen(view: View, outlet: Outlet, doings: Doings): void {
  const { input, form } = view;
  const on = (names: string[], does: (event: Event) => void) => {
    for (const name of names) input.addEventListener(name, does);
  };
  on(["input", "change"], () => {
    if (input.inputMode === "numeric") keepDigits(input);
    doings.typed();
  });
  on(["keyup"], () => outlet.typed());
  // what is typed here goes to the server and nowhere else, not even by mistake
  on(["copy", "cut", "dragstart"], (event) => event.preventDefault());
  on(["focus"], () => {
    doings.focused();
    outlet.send({ tells: "focus" });
  });
  on(["blur"], () => {
    doings.left();
    outlet.rest();
    outlet.send({ tells: "blur" });
  });
  // not the key: the keyboards of phones have a button for this
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    outlet.rest();
    outlet.send({ tells: "submit" });
  });
  watchFilling(input, outlet);
  keepStill(input);
}

/** There is no event for it: an animation that starts with the state tells. */
function watchFilling(input: HTMLInputElement, outlet: Outlet): void {
  let filled = false;
  const look = () => {
    const now = input.matches(":autofill");
    if (now !== filled) outlet.send({ tells: "autofill", on: now });
    filled = now;
  };
  input.addEventListener("animationstart", look);
  input.addEventListener("input", look);
}

/** Also those of Arabic and Persian keyboards, as the digits that they are. */
function keepDigits(input: HTMLInputElement): void {
  const { value } = input;
  const digits = value
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(/[^0-9]/g, "");
  if (digits !== value) input.value = digits;
}
