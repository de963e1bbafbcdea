// What both versions of the SDK are faces of.
import type { Events, SecureInput } from "./client.1.d.ts";
import { failure } from "./failure";
import type { Field } from "./field";
import type { Form } from "./form";

export function checkedKey(uiKey: unknown): string {
  if (typeof uiKey !== "string" || !uiKey.trim()) throw failure("UI_KEY_MISSING");
  if (!window.isSecureContext) throw failure("INSECURE_CONTEXT");
  return uiKey.trim();
}

export function warnOfFonts(options: object | undefined): void {
  if (!options || !("fonts" in options)) return;
  console.warn(
    "Secure fields do not load `fonts`: their frames load nothing from elsewhere. Name fonts that people have in `style`.",
  );
}

/** A field as the page has it: these functions and nothing behind them. */
export function faceOf(field: Field, form: Form): SecureInput {
  const add = (event: keyof Events, listener: unknown) => {
    field.listeners.add(event, listener);
    if (event === "strength") form.refresh();
    return face;
  };
  const remove = (event: keyof Events, listener?: unknown) => {
    field.listeners.remove(event, listener);
    return face;
  };
  const face: SecureInput = {
    mount: (place) => field.mount(place),
    unmount: () => field.unmount(),
    destroy: () => field.destroy(),
    update: (options) => field.update(options),
    focus: () => field.focus(),
    blur: () => field.blur(),
    clear: () => field.clear(),
    on: add,
    addListener: add,
    off: remove,
    removeListener: remove,
    removeAllListeners: (event) => {
      field.listeners.clear(event);
      return face;
    },
  };
  return face;
}
