// The reference: every operation of the document, how to call it, and a form that does.
import { byId, el, tell } from "../shared/dom";
import { loadDocument, type Placed, type Reader } from "./parts/document";
import { foldAll, startFolds, startList } from "./parts/folds";
import { type Keys, loadKeys } from "./parts/keys";
import { operationView } from "./parts/operation";
import { chooseFirst } from "./parts/samples";
import { block, prose } from "./parts/text";

async function start(): Promise<void> {
  const [reader, keys] = await Promise.all([loadDocument(), loadKeys()]);
  const { info } = reader.document;
  tell(byId("title"), info.title);
  tell(byId("version"), info.version);
  byId("to-playground").hidden = !keys;
  const main = byId("operations");
  main.append(about(reader, keys));
  for (const tag of reader.document.tags) {
    const placed = reader.operations().filter(({ operation }) => operation.tags.includes(tag.name));
    if (!placed.length) continue;
    main.append(section(reader, tag, placed, keys));
    byId("tags").append(listing(tag.name, placed));
  }
  chooseFirst();
  startFilter();
  startList();
  startFolds(); // what the address names was not there yet when the page came
}

function about(reader: Reader, keys: Keys | undefined): HTMLElement {
  const variables = [`export BASE=${location.origin}`, `export API_KEY=${keys?.apiKey || "…"}`, "export TOKEN=…"].join("\n");
  return el(
    "section",
    { class: "intro" },
    ...prose(reader.document.info.description),
    el("p", {}, "The samples read the address and the keys from the environment:"),
    block(variables, "Variables of the samples"),
    keys?.node,
    foldAll(),
  );
}

type Tag = Reader["document"]["tags"][number];

function section(reader: Reader, tag: Tag, placed: Placed[], keys: Keys | undefined): HTMLElement {
  const id = `tag-${tag.name.toLowerCase().replaceAll(" ", "-")}`;
  return el(
    "section",
    { class: "tag", "aria-labelledby": id },
    el("h2", { id }, tag.name),
    ...prose(tag.description),
    ...placed.map((one) => operationView(reader, one, keys)),
  );
}

function listing(name: string, placed: Placed[]): HTMLElement {
  const rows = placed.map(({ method, path, operation }) =>
    el(
      "li",
      { "data-find": `${operation.summary} ${path} ${method}`.toLowerCase() },
      el("a", { href: `#${operation.operationId}`, title: path }, el("span", { class: "method", "data-method": method }, method), el("span", {}, operation.summary)),
    ),
  );
  return el("section", {}, el("h2", {}, name), el("ul", {}, ...rows));
}

function startFilter(): void {
  const filter = byId("filter") as HTMLInputElement;
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const part of byId("tags").children as Iterable<HTMLElement> & HTMLCollection) {
      for (const row of part.querySelectorAll("li")) {
        row.hidden = !words.every((word) => row.dataset["find"]?.includes(word));
      }
      (part as HTMLElement).hidden = !part.querySelector("li:not([hidden])");
    }
  });
}

start().catch((error: unknown) => {
  tell(byId("page-problem"), `The reference could not be shown. ${error instanceof Error ? error.message : ""}`);
});
