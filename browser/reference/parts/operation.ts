// One operation: what it is, what it takes, what it answers, and how to call it.
import { el } from "../../shared/dom";
import { media, needsBearer, type Placed, type Reader } from "./document";
import { exampleAnswer, responses } from "./responses";
import { samples } from "./samples";
import { folded } from "./folds";
import { fieldRow, fields, kindOf, limitsOf } from "./schema";
import { prose } from "./text";
import type { Keys } from "./keys";
import { tryIt } from "./try";

export function operationView(reader: Reader, placed: Placed, keys: Keys | undefined): HTMLElement {
  const { method, path, operation } = placed;
  return el(
    "article",
    { class: "operation", id: operation.operationId, "aria-labelledby": `${operation.operationId}-title` },
    folded(
      el(
        "summary",
        {},
        el("h3", { id: `${operation.operationId}-title` }, operation.summary),
        el(
          "span",
          { class: "where" },
          el("span", { class: "method", "data-method": method }, method),
          " ",
          el("code", {}, `${reader.base}${path}`),
          operation.deprecated && el("span", { class: "deprecated" }, "deprecated"),
        ),
      ),
      el(
        "div",
        { class: "halves" },
        el(
          "div",
          {},
          ...(operation.description ? prose(operation.description) : []),
          el("p", { class: "who" }, who(placed)),
          parameters(reader, placed),
          body(reader, placed),
          responses(reader, placed),
        ),
        el("div", { class: "code" }, samples(placed), exampleAnswer(reader, placed), keys && tryIt(reader, placed, keys)),
      ),
    ),
  );
}

function who({ operation }: Placed): string {
  if (!needsBearer(operation)) return "Called with the api-key alone.";
  const alone = operation.security.some((way) => !("bearer" in way));
  return alone ? "Called with the api-key, and the person’s token where there is one." : "Called with the api-key and the person’s token.";
}

function parameters(reader: Reader, { operation }: Placed): HTMLElement | undefined {
  const given = operation.parameters ?? [];
  if (!given.length) return undefined;
  const rows = given.map((one) =>
    fieldRow(one.name, `${kindOf(reader, one.schema)}, ${one.in}`, Boolean(one.required), limitsOf(one.schema), one.description),
  );
  return el("section", {}, el("h4", {}, "Parameters"), el("ul", { class: "fields" }, ...rows));
}

function body(reader: Reader, { operation }: Placed): HTMLElement | undefined {
  const held = media(operation.requestBody?.content);
  const inside = held && fields(reader, held.schema);
  return inside && el("section", {}, el("h4", {}, "Body"), inside);
}
