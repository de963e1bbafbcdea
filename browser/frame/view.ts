// The elements of one field.
import { type FieldType, isConfirm, PIN, type Settings } from "../shared/protocol";
import type { Rules } from "./rules";
import { dress } from "./sheet";

const NAMES: Record<FieldType, string> = {
  password: "password",
  confirmPassword: "confirm-password",
  passCode: "passcode",
  confirmPassCode: "confirm-passcode",
  pin: "pin",
};

export class View {
  readonly input = document.createElement("input");
  readonly form = document.createElement("form");
  readonly #label = document.createElement("label");
  readonly #status = document.createElement("div");
  readonly #type: FieldType;

  constructor(type: FieldType) {
    this.#type = type;
    const { input, form } = this;
    input.id = NAMES[type];
    input.type = "password";
    input.name = NAMES[type];
    input.spellcheck = false;
    input.autocapitalize = "off";
    input.setAttribute("autocorrect", "off");
    if (type === PIN || NAMES[type].endsWith("passcode")) {
      input.inputMode = "numeric";
      input.pattern = "[0-9]*";
    }
    this.#label.htmlFor = input.id;
    this.#label.className = "apart";
    this.#status.id = "status";
    this.#status.className = "apart";
    this.#status.setAttribute("role", "status");
    input.setAttribute("aria-describedby", "status");
    // a form, because password managers and the keyboards of phones look for one
    form.noValidate = true;
    form.append(this.#label, input, this.#status);
    document.body.append(form);
  }

  set(settings: Settings, rules: Rules): void {
    const { input } = this;
    const root = document.documentElement;
    root.lang = settings.lang;
    root.dir = settings.dir;
    root.style.colorScheme = settings.scheme;
    root.classList.toggle("outlined", settings.outlined);
    document.title = settings.label;
    // our own words are English, whatever the page is
    this.#status.lang = Object.keys(settings.messages).length ? settings.lang : "en";
    this.#label.textContent = settings.label;
    input.placeholder = settings.placeholder;
    input.maxLength = rules.maxlength(settings);
    const known = isConfirm(this.#type) || settings.fresh ? "new-password" : "current-password";
    input.autocomplete = settings.autocomplete ?? known;
    dress(settings.style);
  }

  /** `judged`: the person has left the field once, so it may be called wrong. */
  show(empty: boolean, valid: boolean, judged: boolean): void {
    const { classList } = this.input;
    const wrong = judged && !empty && !valid;
    classList.toggle("empty", empty);
    classList.toggle("valid", !empty && valid);
    classList.toggle("invalid", wrong);
    this.input.setAttribute("aria-invalid", String(wrong));
  }

  say(text: string): void {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }
}
