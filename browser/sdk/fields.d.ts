/** Tokens by field name. */
export type Tokens = Record<string, string>;

export interface SecureInput {
  /** Puts the field into an element of the page, given as such or by a selector. */
  mount(element: Element | string | null): void;
  /** Takes the field out of the page; what was typed is lost. It can be mounted again. */
  unmount(): void;
  /** Takes the field out of its form, too. Its name is free again. */
  destroy(): void;
  /** Changes the options that are given and leaves the others. */
  update(options: InputOptions): void;
  focus(): void;
  blur(): void;
  /** Empties the field. */
  clear(): void;
  /** Listeners may be added before `mount`. Returns the field. */
  on<E extends keyof Events>(event: E, listener: Events[E]): this;
  addListener<E extends keyof Events>(event: E, listener: Events[E]): this;
  /** Without a listener: all of that event. */
  off<E extends keyof Events>(event: E, listener?: Events[E]): this;
  removeListener<E extends keyof Events>(event: E, listener?: Events[E]): this;
  /** Without an event: of all events. */
  removeAllListeners(event?: keyof Events): this;
}

export interface Events {
  /** The field can be typed into. */
  ready: () => void;
  /** Another state than before; not for each key. */
  change: (state: FieldState) => void;
  /** Somebody types, or did a moment ago. Four times a second at most, whatever the keys. */
  keyup: () => void;
  focus: () => void;
  blur: () => void;
  /** The Enter key. The form around the field is not submitted by itself. */
  submit: () => void;
  /** How hard a new password is to guess, whenever that changes. */
  strength: (strength: { id: Strength }) => void;
}

export interface FieldState {
  empty: boolean;
  /** By the rules of the programme; of a confirm field: the same as in its pair. */
  valid: boolean;
}

/** From 2 on a password keeps the rules of the programme. */
export type Strength = 0 | 1 | 2 | 3 | 4;

export interface InputOptions {
  placeholder?: string;
  /** Within what the programme's rules demand and allow. */
  maxlength?: number;
  /** Accepted; it is always off. */
  autocorrect?: string | boolean;
  /** Classes that the mount element gets in these states. */
  classNames?: ClassNames;
  style?: Style;
  /** What a screen reader calls the field. If missing: the text of the page's
   * `<label for="id of the mount element">`, its `aria-label`, the placeholder. */
  label?: string;
  /** `new-password` also if the field has a confirm field, or listens to `strength`; otherwise
   * `current-password`. */
  autocomplete?: "current-password" | "new-password" | "off";
  /** As the mount element's, if missing. */
  lang?: string;
  dir?: "ltr" | "rtl" | "auto";
  messages?: Messages;
}

export type ClassNames = Partial<
  Record<"base" | "empty" | "focus" | "valid" | "invalid" | "autofill", string>
>;

/** What a screen reader says. `{shortest}`, `{longest}`, `{digits}` become the programme's numbers. */
export interface Messages {
  /** Of a new password or passcode. */
  valid?: string;
  invalid?: string;
  /** Of a confirm field. */
  match?: string;
  mismatch?: string;
}

export type Style = Partial<Record<"base" | "empty" | "valid" | "invalid", StateStyle>>;

export interface StateStyle extends Declarations {
  ":hover"?: Declarations;
  ":focus"?: Declarations;
  "::placeholder"?: Declarations;
  "::selection"?: Declarations;
  ":-webkit-autofill"?: Declarations;
}

/**
 * CSS values: words, numbers with units, colours, quoted font names, and the functions of colours
 * and of arithmetic. No `url()`, `var()`, `env()`, `attr()`.
 */
export type Declarations = Partial<
  Record<
    | "color"
    | "fontFamily"
    | "fontSize"
    | "fontSmoothing"
    | "fontStyle"
    | "fontVariant"
    | "fontWeight"
    | "height"
    | "letterSpacing"
    | "lineHeight"
    | "margin"
    | "padding"
    | "textAlign"
    | "textDecoration"
    | "textIndent"
    | "textShadow"
    | "textTransform",
    string | number
  >
>;

/** Thrown or handed to `reject`. Never holds anything of what was typed. */
export interface SecureFieldError extends Error {
  code: ErrorCode;
  /** What went wrong and what to do about it. */
  message: string;
}

export type ErrorCode =
  | "CONFIRM_MISMATCH"
  | "CONFIRM_WITHOUT_PAIR"
  | "CONNECTION_LOST"
  | "DESTROYED"
  | "ELEMENT_NOT_FOUND"
  | "ELEMENT_TAKEN"
  | "EVENT_UNKNOWN"
  | "FIELD_NOT_CONFIGURED"
  | "FIELD_TYPE_UNKNOWN"
  | "FORM_EMPTY"
  | "FRAME_TIMEOUT"
  | "INSECURE_CONTEXT"
  | "LISTENER_INVALID"
  | "NAME_MISSING"
  | "NAME_TAKEN"
  | "NOT_INITIALISED"
  | "NOT_READY"
  | "OPTION_REFUSED"
  | "ORIGIN_NOT_REGISTERED"
  | "PAIR_UNREACHABLE"
  | "SERVER_UNAVAILABLE"
  | "SESSION_GONE"
  | "STYLE_REFUSED"
  | "TOKEN_MALFORMED"
  | "TOO_MANY_REQUESTS"
  | "UI_KEY_MISSING"
  | "UI_KEY_UNKNOWN"
  | "VALUE_EMPTY"
  | "VALUE_REFUSED";
