// The call in three languages. The choice holds for the whole page.
import { copy } from "../../shared/copy";
import { button, el } from "../../shared/dom";
import type { Placed } from "./document";
import { block } from "./text";

let chosen = "Shell";

export function samples({ operation }: Placed): HTMLElement {
  const all = operation["x-codeSamples"];
  const shown = () => all.find((sample) => sample.lang === chosen) ?? all[0];
  const choice = all.map((sample) =>
    button(sample.label, () => choose(sample.lang), { "data-lang": sample.lang, "aria-pressed": "false" }),
  );
  const copies = button("Copy", () => void copy(shown()?.source ?? "", copies), { class: "copy" });
  const blocks = all.map((sample) => {
    const made = block(sample.source.trimEnd(), `Request, ${sample.label}`);
    made.classList.add("sample");
    made.dataset["lang"] = sample.lang;
    return made;
  });
  return el(
    "section",
    { class: "samples", "aria-label": "Request sample" },
    el("div", { class: "bar" }, el("div", { class: "langs", role: "group", "aria-label": "Language" }, ...choice), copies),
    ...blocks,
  );
}

/** Shows every sample in that language. */
export function choose(lang: string): void {
  chosen = lang;
  for (const node of document.querySelectorAll<HTMLElement>(".sample")) {
    node.hidden = node.dataset["lang"] !== lang;
  }
  for (const node of document.querySelectorAll<HTMLElement>("button[data-lang]")) {
    node.setAttribute("aria-pressed", String(node.dataset["lang"] === lang));
  }
}

export function chooseFirst(): void {
  choose(chosen);
}
