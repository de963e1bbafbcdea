// To the clipboard; also on pages that came over plain HTTP from another machine.
import { el } from "./dom";
import { announce } from "./announce";

export async function copy(text: string, pressed: HTMLButtonElement): Promise<void> {
  const done = await write(text);
  const label = pressed.textContent ?? "";
  if (pressed.dataset["label"]) return;
  pressed.dataset["label"] = label;
  pressed.textContent = done ? "Copied" : "Not copied";
  announce(done ? "Copied." : "The browser did not allow copying.");
  setTimeout(() => {
    pressed.textContent = label;
    delete pressed.dataset["label"];
  }, 1500);
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeFromField(text);
  }
}

function writeFromField(text: string): boolean {
  const before = document.activeElement;
  const field = el("textarea", { class: "unseen", readonly: true });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
