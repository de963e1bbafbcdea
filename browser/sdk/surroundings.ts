// What the page around a mount element says about its field.
import { failure } from "./failure";

export function elementFor(place: unknown, name: string): HTMLElement {
  const found = typeof place === "string" ? find(place) : place;
  if (found instanceof HTMLElement && found.isConnected) return found;
  throw failure("ELEMENT_NOT_FOUND", name);
}

function find(selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    return null; // not a selector at all
  }
}

/** The text of `<label for>`, or the element's own `aria-label`. */
export function labelOf(element: HTMLElement): string | undefined {
  const label = labelsOf(element)[0]?.textContent?.replace(/\s+/g, " ").trim();
  return label || element.getAttribute("aria-label") || undefined;
}

/** A label of an element that is no form control does nothing by itself. */
export function onLabelClick(element: HTMLElement, focus: () => void, signal: AbortSignal): void {
  const clicked = ({ target }: Event) => {
    if (labelsOf(element).some((label) => label.contains(target as Node))) focus();
  };
  element.getRootNode().addEventListener("click", clicked, { signal });
}

export function languageOf(element: HTMLElement): string {
  return element.closest("[lang]")?.getAttribute("lang") ?? "";
}

/** The frame has to show where it is, if the page does not. */
export function isBare(element: HTMLElement): boolean {
  const { borderTopWidth, borderBottomWidth, boxShadow } = getComputedStyle(element);
  return parseFloat(borderTopWidth) + parseFloat(borderBottomWidth) === 0 && boxShadow === "none";
}

function labelsOf(element: HTMLElement): Element[] {
  if (!element.id) return [];
  const root = element.getRootNode() as ParentNode;
  return [...root.querySelectorAll(`label[for="${CSS.escape(element.id)}"]`)];
}
