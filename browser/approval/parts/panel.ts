// One way to prove something, as the page shows it.
import { el } from "../../shared/dom";
import type { Api } from "../api";
import type { State, Type } from "../page";
import { AppPanel } from "./app";
import { CodePanel } from "./code";
import { PinPanel } from "./pin";

export interface Panel {
  readonly node: HTMLElement;
  /** The node is in the page. */
  shown(focus: boolean): void;
  gone(): void;
}

/** What a panel needs of the page around it. */
export interface Around {
  api: Api;
  uiKey: string;
  /** Runs a call: one at a time, with what is wrong shown to the person. */
  run(type: Type, button: HTMLButtonElement | undefined, work: () => Promise<void>): Promise<void>;
  /** Something was proved. */
  proved(state: State): void;
  /** Whether it is another state than the one that is shown. */
  isNew(state: State): boolean;
  /** Said to screen readers, too. */
  say(text: string): void;
}

const MADE: Record<Type, (type: Type, around: Around) => Panel> = {
  PIN: (_, around) => new PinPanel(around),
  SMS: (type, around) => new CodePanel(type, around),
  WHATSAPP: (type, around) => new CodePanel(type, around),
  VOICE: (type, around) => new CodePanel(type, around),
  FACE_MAP: (_, around) => new AppPanel(around),
  PARTNER_DEVICE_FINGERPRINT: (_, around) => new AppPanel(around),
};

export function panelFor(type: Type, around: Around): Panel {
  return MADE[type](type, around);
}

/** Whether it can be done on this page. */
export function isHere(type: Type): boolean {
  return type !== "FACE_MAP" && type !== "PARTNER_DEVICE_FINGERPRINT";
}

export function formOf(submit: () => void, ...children: Node[]): HTMLFormElement {
  const form = el("form", { novalidate: true }, ...children);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return form;
}
