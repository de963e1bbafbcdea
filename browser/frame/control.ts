// What a field does: with what is typed into it, and when the page asks it to.
import {
  type FieldType,
  type FrameCode,
  isConfirm,
  PAIR_OF,
  type Settings,
} from "../shared/protocol";
import { own, text, whole } from "../shared/read";
import { listen } from "./listen";
import type { Outlet } from "./outlet";
import type { Page } from "./page";
import { Copy, Original } from "./pair";
import { Rules } from "./rules";
import { readSettings } from "./settings";
import { textOf } from "./texts";
import { Failed, Tokens } from "./tokens";
import { View } from "./view";

export class Control {
  readonly #type: FieldType;
  readonly #outlet: Outlet;
  readonly #view: View;
  readonly #rules: Rules;
  readonly #tokens: Tokens | undefined;
  readonly #original: Original | undefined;
  readonly #copy: Copy | undefined;
  #settings: Settings;
  /** Whether the value is being chosen. Settled while the field is empty: a page that changed it
   * later could ask a remembered password how strong it is. */
  #fresh: boolean;
  /** The person has left the field once: from now on it may be called wrong. */
  #judged = false;
  #matches = false;
  #comparison = 0;

  constructor(page: Page, type: FieldType, id: string, settings: unknown, outlet: Outlet) {
    this.#type = type;
    this.#outlet = outlet;
    this.#view = new View(type);
    this.#settings = readSettings(settings);
    this.#fresh = this.#settings.fresh;
    if (isConfirm(type)) {
      this.#copy = new Copy(type, () => void this.#compare());
      this.#rules = new Rules(PAIR_OF[type], page.fields);
    } else {
      this.#original = new Original(type, id, () => this.#value);
      this.#rules = new Rules(type, page.fields);
      this.#tokens = new Tokens(page, type);
    }
    this.#view.set(this.#settings, this.#rules);
    this.#view.show(true, false, false);
    listen(this.#view, outlet, {
      typed: () => this.#typed(),
      focused: () => this.#tokens?.prepare(),
      left: () => this.#left(),
    });
  }

  /** A command of the page: hostile until it turns out to be one of these. */
  obey(command: unknown): void {
    const ask = whole(command, "ask");
    const { input } = this.#view;
    switch (own(command, "does")) {
      case "update":
        this.#settings = readSettings(own(command, "settings"));
        this.#view.set(this.#settings, this.#rules);
        return this.#show();
      case "focus":
        return input.focus({ preventScroll: true }); // the SDK has brought the frame into view
      case "blur":
        return input.blur();
      case "clear":
        input.value = "";
        this.#judged = false;
        return this.#typed();
      case "pair":
        return this.#copy?.find(text(command, "id", 64));
      case "check":
        if (ask !== undefined) void this.#answer(ask, () => this.#check());
        return;
      case "tokenize":
        if (ask !== undefined) void this.#answer(ask, () => this.#token());
    }
  }

  get #value(): string {
    return this.#view.input.value;
  }

  async #answer(ask: number, work: () => Promise<string | undefined>): Promise<void> {
    try {
      const token = await work();
      if (token) this.#outlet.flush(); // a mere check, asked again and again, would set the beat
      this.#outlet.send(token ? { tells: "answer", ask, token } : { tells: "answer", ask });
    } catch (reason) {
      const code: FrameCode = reason instanceof Failed ? reason.code : "SERVER_UNAVAILABLE";
      this.#outlet.fail(code, ask);
    }
  }

  async #check(): Promise<undefined> {
    if (!this.#value) throw new Failed("VALUE_EMPTY");
    if (!this.#copy) return;
    const matches = await this.#copy.matches(this.#value);
    if (matches === undefined) throw new Failed("PAIR_UNREACHABLE");
    if (!matches) throw new Failed("CONFIRM_MISMATCH");
  }

  async #token(): Promise<string | undefined> {
    if (!this.#value) throw new Failed("VALUE_EMPTY");
    return this.#tokens?.token(this.#value);
  }

  #typed(): void {
    this.#original?.changed();
    if (this.#copy) void this.#compare();
    else this.#show();
  }

  #left(): void {
    this.#judged ||= this.#value !== "";
    this.#show();
  }

  async #compare(): Promise<void> {
    const comparison = (this.#comparison += 1);
    const value = this.#value;
    const matches = value !== "" && (await this.#copy?.matches(value)) === true;
    if (comparison !== this.#comparison) return; // somebody typed on meanwhile
    this.#matches = matches;
    this.#show();
  }

  #show(): void {
    const value = this.#value;
    const empty = value === "";
    if (empty) this.#fresh = this.#settings.fresh;
    const fresh = this.#fresh;
    const valid = this.#copy ? this.#matches : this.#rules.valid(value, fresh);
    const graded = fresh && this.#type === "password" && !empty;
    const strength = graded ? this.#rules.strength(value) : undefined;
    this.#outlet.see({ empty, valid, strength });
    this.#view.show(empty, valid, this.#judged);
    if (this.#judged) this.#view.say(empty ? "" : this.#verdict(valid));
  }

  #verdict(valid: boolean): string {
    const { messages } = this.#settings;
    const fresh = this.#fresh;
    if (valid && !fresh && !this.#copy) return ""; // nothing to praise in a remembered password
    const [good, bad] = this.#copy ? (["match", "mismatch"] as const) : (["valid", "invalid"] as const);
    return textOf(valid ? good : bad, this.#type, fresh, this.#rules, messages);
  }
}
