// Forms: labelled fields, a place for problems, and a button that waits for the answer.
import { type Attributes, type Child, el } from "../../shared/dom";
import type { Words } from "./words";

let ids = 0;

export interface Field {
  node: HTMLElement;
  input: HTMLInputElement;
}

export function field(label: string, attributes: Attributes, hint = ""): Field {
  const id = typeof attributes["id"] === "string" ? attributes["id"] : `field-${++ids}`;
  const input = el("input", { type: "text", required: true, ...attributes, id });
  const note = hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  if (note) input.setAttribute("aria-describedby", note.id);
  return { node: el("div", { class: "field" }, el("label", { for: id }, label), input, note), input };
}

export interface Form {
  node: HTMLFormElement;
  /** What went wrong, spoken at once; null: nothing. */
  problem(words: Words | null): void;
}

export interface FormParts {
  id: string;
  submit: string;
  fields: Child[];
  /** Beside the submit button. */
  others?: Child[];
}

/** `send` answers what went wrong, or null. */
export function form(parts: FormParts, send: () => Promise<Words | null>): Form {
  const place = el("div", { class: "problem", role: "alert" });
  const submit = el("button", { type: "submit", class: "primary" }, parts.submit);
  const actions = el("div", { class: "actions" }, submit, ...(parts.others ?? []));
  const node = el("form", { id: parts.id }, ...parts.fields, place, actions);
  const problem = (words: Words | null): void => {
    place.replaceChildren(...(words ? wordsOf(words) : []));
  };
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void waiting(submit, async () => {
      problem(null);
      problem(await send());
    });
  });
  return { node, problem };
}

export function wordsOf(words: Words): Node[] {
  return [el("strong", {}, words.what), document.createTextNode(` ${words.next}`)];
}

/** Nothing happens twice because somebody pressed twice. Disabling would lose the focus. */
export async function waiting(pressed: HTMLElement, act: () => Promise<void>): Promise<void> {
  if (pressed.getAttribute("aria-busy") === "true") return;
  pressed.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}
