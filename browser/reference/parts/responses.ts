// What an operation answers: each status, with its body.
import { el } from "../../shared/dom";
import { media, type Placed, type Reader } from "./document";
import { fields } from "./schema";
import { block, inline, pretty } from "./text";

export function responses(reader: Reader, { operation }: Placed): HTMLElement {
  const rows = Object.entries(operation.responses).map(([status, given]) => {
    const response = reader.response(given);
    const held = media(response.content);
    const name = el("span", { class: "status", "data-class": status.slice(0, 1) }, status);
    const words = el("span", { class: "words" }, ...inline(response.description));
    if (!held) return el("li", {}, el("p", {}, name, words, el("span", { class: "kind" }, "no body")));
    const inside = fields(reader, held.schema);
    return el(
      "li",
      {},
      el(
        "details",
        {},
        el("summary", {}, name, words),
        inside,
        held.example !== undefined && block(pretty(held.example), `Example of ${status}`),
      ),
    );
  });
  return el("section", { class: "responses" }, el("h4", {}, "Responses"), el("ul", {}, ...rows));
}

/** The answer of success, as an example beside the request. */
export function exampleAnswer(reader: Reader, { operation }: Placed): HTMLElement {
  const [status = "", given] = Object.entries(operation.responses)[0] ?? [];
  const example = given && media(reader.response(given).content)?.example;
  return el(
    "section",
    { class: "example", "aria-label": "Response sample" },
    el("div", { class: "bar" }, el("h4", {}, "Response"), el("span", { class: "status", "data-class": "2" }, status)),
    example === undefined ? el("p", { class: "hint" }, "No body.") : block(pretty(example), "Response"),
  );
}
