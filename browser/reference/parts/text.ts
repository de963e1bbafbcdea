// The little of CommonMark that our descriptions use: paragraphs and code.
import { el } from "../../shared/dom";

export function prose(text: string): HTMLElement[] {
  return text.split("\n\n").map((part) => el("p", {}, ...inline(part.replaceAll("\n", " "))));
}

export function inline(text: string): (Node | string)[] {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

export function block(text: string, label: string): HTMLElement {
  return el("pre", { tabindex: 0, role: "group", "aria-label": label }, text);
}

export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
