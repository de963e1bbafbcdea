// A schema as a list of fields, nested as the values are.
import { el } from "../../shared/dom";
import type { Reader, Schema } from "./document";
import { inline } from "./text";

const DEEPEST = 6;

/** What a value must be, in a few words. */
export function kindOf(reader: Reader, given: Schema): string {
  const schema = reader.schema(given);
  if (schema.anyOf) return schema.anyOf.map((one) => kindOf(reader, one)).join(" or ");
  if (schema.type === "array" && schema.items) return `list of ${kindOf(reader, schema.items)}`;
  return schema.type ?? "any";
}

/** Its limits; nothing where it has none worth a word. */
export function limitsOf(schema: Schema): (Node | string)[] {
  if (schema.enum) return ["one of ", ...listed(schema.enum.map(String))];
  const said: (Node | string)[] = [];
  const { minLength, maxLength, minimum, maximum, pattern } = schema;
  if (maxLength !== undefined) {
    said.push(minLength === undefined ? `at most ${maxLength} characters` : `${minLength} to ${maxLength} characters`);
  }
  if (minimum !== undefined && maximum !== undefined && maximum < 1e12) said.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined && maximum === undefined) said.push(`at least ${minimum}`);
  if (pattern && !pattern.includes("\\u0000")) {
    if (said.length) said.push(", ");
    said.push("like ", el("code", {}, pattern));
  }
  return said;
}

function listed(values: string[]): (Node | string)[] {
  return values.flatMap((value, index) => [index ? ", " : "", el("code", {}, value)]);
}

export function fieldRow(
  name: string,
  kind: string,
  required: boolean,
  limits: (Node | string)[],
  about: string | undefined,
  ...inside: Node[]
): HTMLElement {
  return el(
    "li",
    {},
    el("code", { class: "name" }, name),
    " ",
    el("span", { class: "kind" }, kind),
    required && el("span", { class: "required" }, "required"),
    limits.length > 0 && el("span", { class: "limits" }, ...limits),
    about && el("span", { class: "about" }, ...inline(about)),
    ...inside,
  );
}

export function fields(reader: Reader, given: Schema, depth = 0): HTMLElement | undefined {
  const schema = reader.schema(given);
  if (schema.anyOf) {
    const ways = schema.anyOf.map((one) => fields(reader, one, depth)).filter((one) => one !== undefined);
    return el("div", {}, ...ways.flatMap((way, index) => (index ? [el("p", { class: "or" }, "or"), way] : [way])));
  }
  if (schema.type === "array" && schema.items) return fields(reader, schema.items, depth);
  if (!schema.properties || depth > DEEPEST) return undefined;
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties).map(([name, inner]) => {
    const nested = fields(reader, inner, depth + 1);
    const about = reader.schema(inner).description;
    const limits = limitsOf(reader.schema(inner));
    return fieldRow(name, kindOf(reader, inner), required.has(name), limits, about, ...(nested ? [nested] : []));
  });
  return el("ul", { class: "fields" }, ...rows);
}
