// Elements from plain calls: texts become text nodes, nothing is ever parsed as HTML.

type Value = string | number | boolean | ((event: Event) => void);
export type Attributes = Readonly<Record<string, Value | undefined>>;
export type Child = Node | string | false | null | undefined;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child instanceof Node || Boolean(child)) as Node[]);
  return node;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

export function button(text: string, press: () => void, attributes: Attributes = {}) {
  return el("button", { type: "button", click: press, ...attributes }, text);
}

/** Sets the text only where it differs: a live region speaks what is set. */
export function tell(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
