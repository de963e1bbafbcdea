// One field of a form: its options, its place in the page, and the frame that is there.
import { type FieldType, isConfirm, type Report, type Settings } from "../shared/protocol";
import type { ClassNames, InputOptions, SecureFieldError } from "./client.1.d.ts";
import { failure } from "./failure";
import type { Form } from "./form";
import { Link } from "./link";
import { Listeners } from "./listeners";
import { checkedStyle, classesOf, merged } from "./options";
import { elementFor, isBare, labelOf, languageOf, onLabelClick } from "./surroundings";

const HEIGHT = "40px";
const LABELS: Record<FieldType, string> = {
  password: "Password",
  confirmPassword: "Confirm password",
  passCode: "Passcode",
  confirmPassCode: "Confirm passcode",
  pin: "PIN",
};
const MOUNTED = new WeakMap<Element, Field>();
const NEW = { empty: true, valid: false, focus: false, autofill: false, left: false };

export class Field {
  readonly listeners = new Listeners();
  link: Link | undefined;
  failure: SecureFieldError | undefined;
  /** The frame that the confirm field's frame was last told to compare with. */
  pairedWith: string | undefined;
  #form: Form | undefined;
  #options: InputOptions;
  #element: HTMLElement | undefined;
  #mounted = new AbortController();
  #state = NEW;
  #bare = true;
  /** Somebody asked for the focus before there was a frame to have it. */
  #wanted = false;

  constructor(
    form: Form,
    readonly name: string,
    readonly type: FieldType,
    options: unknown,
  ) {
    this.#form = form;
    this.#options = merged({}, options);
  }

  get autocomplete(): InputOptions["autocomplete"] {
    return this.#options.autocomplete;
  }

  get maxlength(): number | undefined {
    return this.#options.maxlength && Number(this.#options.maxlength);
  }

  mount(place: unknown): void {
    const form = this.#alive();
    const element = elementFor(place, this.name);
    if (isConfirm(this.type) && !form.pairOf(this)) throw failure("CONFIRM_WITHOUT_PAIR", this.name);
    const there = MOUNTED.get(element);
    if (there && there !== this) throw failure("ELEMENT_TAKEN", there.name);
    this.unmount();
    MOUNTED.set(element, this);
    this.#element = element;
    this.#mounted = new AbortController();
    this.#bare = !this.#options.classNames && isBare(element);
    this.link = new Link(
      element,
      {
        uiKey: form.uiKey,
        type: this.type,
        name: this.name,
        settings: () => this.#settings(),
        heard: (report) => this.#heard(report),
        failed: (error) => this.#failed(error),
      },
      this.#height(),
    );
    onLabelClick(element, () => this.focus(), this.#mounted.signal);
    this.#paint();
  }

  unmount(): void {
    this.#mounted.abort();
    this.link?.close();
    this.link = undefined;
    this.failure = undefined;
    this.pairedWith = undefined;
    this.#element?.classList.remove(...this.#classes(() => true));
    if (this.#element) MOUNTED.delete(this.#element);
    this.#element = undefined;
    this.#emptied();
  }

  /** The frame is another or none: what was typed is gone, and the page may have counted on it. */
  #emptied(): void {
    const { empty } = this.#state;
    this.#state = NEW;
    if (!empty) this.listeners.tell("change", { empty: true, valid: false });
  }

  destroy(): void {
    this.unmount();
    this.listeners.clear();
    const form = this.#form;
    this.#form = undefined;
    form?.remove(this);
  }

  update(options: unknown): void {
    this.#alive();
    const before = this.#classes(() => true);
    this.#options = merged(this.#options, options);
    this.#element?.classList.remove(...before);
    if (this.link) this.link.frame.style.height = this.#height();
    this.refresh();
    this.#paint();
  }

  /** Tells the frame its settings as they are now. */
  refresh(): void {
    if (!this.link?.ready) return;
    const settings = this.#settings();
    this.link.frame.title = settings.label;
    this.link.send({ does: "update", settings });
  }

  focus(): void {
    this.#alive();
    this.#wanted = !this.link?.ready;
    this.link?.frame.focus();
    this.link?.send({ does: "focus" });
  }

  blur(): void {
    this.#alive();
    this.#wanted = false;
    this.link?.send({ does: "blur" });
    this.link?.frame.blur();
  }

  clear(): void {
    this.#alive();
    this.link?.send({ does: "clear" });
    this.#become({ left: false });
  }

  /** The frame's answer; fails if there is none to ask. */
  async ask(does: "check" | "tokenize"): Promise<string | undefined> {
    if (this.failure) throw this.failure;
    // whoever draws pages from data takes elements away without a word
    if (!this.link?.ready || !this.link.frame.isConnected) throw failure("NOT_READY", this.name);
    return this.link.ask(does);
  }

  #alive(): Form {
    if (!this.#form) throw failure("DESTROYED", this.name);
    return this.#form;
  }

  #heard(report: Report): void {
    const { listeners } = this;
    switch (report.tells) {
      case "ready":
        this.failure = undefined; // the browser has loaded the frame anew
        this.#emptied();
        this.pairedWith = undefined;
        this.#paint();
        this.#form?.introduce();
        if (this.#wanted) this.focus();
        return listeners.tell("ready");
      case "change": {
        const { empty, valid } = report;
        this.#become({ empty, valid });
        return listeners.tell("change", { empty, valid });
      }
      case "focus":
      case "blur":
        this.#become({ focus: report.tells === "focus", left: this.#state.left || !this.#state.empty });
        return listeners.tell(report.tells);
      case "autofill":
        return this.#become({ autofill: report.on });
      case "strength":
        return listeners.tell("strength", { id: report.id as 0 | 1 | 2 | 3 | 4 });
      case "keyup":
      case "submit":
        return listeners.tell(report.tells);
    }
  }

  /** There may be nobody to tell: the page only hears of it when it asks for tokens. */
  #failed(error: SecureFieldError): void {
    this.failure = error;
    console.error(`${error.name}: ${error.message} (${error.code})`);
  }

  #become(change: Partial<typeof NEW>): void {
    this.#state = { ...this.#state, ...change };
    this.#paint();
  }

  #paint(): void {
    const element = this.#element;
    if (!element) return;
    const { empty, valid, focus, autofill, left } = this.#state;
    const is: Record<keyof ClassNames, boolean> = {
      base: true,
      empty,
      focus,
      valid: valid && !empty,
      invalid: !valid && !empty && left,
      autofill,
    };
    element.classList.remove(...this.#classes((state) => !is[state]));
    element.classList.add(...this.#classes((state) => is[state]));
  }

  #classes(which: (state: keyof ClassNames) => boolean): string[] {
    const names = this.#options.classNames ?? {};
    const states = Object.keys(names) as (keyof ClassNames)[];
    return states.filter(which).flatMap((state) => classesOf(names, state));
  }

  #height(): string {
    return checkedStyle(this.#options.style).base?.[""]?.height ?? HEIGHT;
  }

  #settings(): Settings {
    const options = this.#options;
    const element = this.#element!;
    const around = getComputedStyle(element);
    return {
      label: options.label ?? labelOf(element) ?? options.placeholder ?? LABELS[this.type],
      placeholder: options.placeholder ?? "",
      maxlength: this.maxlength ?? this.#form?.pairOf(this)?.maxlength,
      autocomplete: options.autocomplete,
      fresh: this.#form?.isFresh(this) ?? false,
      lang: options.lang ?? languageOf(element),
      dir: options.dir ?? around.direction,
      scheme: around.colorScheme,
      outlined: this.#bare,
      messages: options.messages ?? {},
      style: checkedStyle(options.style),
    };
  }
}
