// Everything that can go wrong, in words for the programmer of the page. No value ever gets here.
import type { ErrorCode, SecureFieldError } from "./client.1.d.ts";

const TEXTS: Record<ErrorCode, string> = {
  CONFIRM_MISMATCH: "The field @ differs from the field it confirms. Ask to type both again.",
  CONFIRM_WITHOUT_PAIR:
    "The field @ has nothing to confirm. Create its password or passCode field in the same form first.",
  CONNECTION_LOST:
    "No answer from the server of the secure fields (@). Check the connection and try again; if this page has a Content-Security-Policy, its frame-src and connect-src must name that server.",
  DESTROYED: "The form or field @ was destroyed. Create a new one.",
  ELEMENT_NOT_FOUND:
    "There is no element to mount the field @ on. Give an element of the page, or a selector that finds one, once it is in the document.",
  ELEMENT_TAKEN:
    "There is the field @ on that element already. Unmount it first, or give another element.",
  EVENT_UNKNOWN:
    "There is no event @. There are ready, change, keyup, focus, blur, submit and strength.",
  FIELD_NOT_CONFIGURED:
    "The programme of this UI key does not use fields of the type of @. Switch that credential on for the programme, or use the other type.",
  FIELD_TYPE_UNKNOWN:
    "There is no field type @. There are password, confirmPassword, passCode and confirmPassCode.",
  FORM_EMPTY: "The form has no field that gives a token. Create one with input() and mount it.",
  FRAME_TIMEOUT:
    "The frame of the field @ did not start. Check that the network, this page's Content-Security-Policy (frame-src) or a browser extension does not block it; and if this page is in a frame, that the pages around it are registered, too.",
  INSECURE_CONTEXT:
    "Secure fields need a page that browsers call secure. Open it by https, or on localhost.",
  LISTENER_INVALID: "The listener for @ is not a function. Give a function.",
  NAME_MISSING: "A field needs a name. Give a text as the first argument; it names the token.",
  NAME_TAKEN: "The form has a field @ already. Give each field a name of its own.",
  NOT_INITIALISED: "Nothing was initialised yet. Call init() with the UI key first.",
  NOT_READY:
    "The field @ is not ready, or its element has left the page. Mount it and wait for its ready event.",
  OPTION_REFUSED: "The option @ has a value of a wrong kind. See the declarations for what it takes.",
  ORIGIN_NOT_REGISTERED:
    "This page's origin, @, may not embed the secure fields. Register it for the programme.",
  PAIR_UNREACHABLE:
    "The field @ does not find the field it confirms. Mount both in the same document, outside of shadow trees, and wait until both are ready.",
  SERVER_UNAVAILABLE: "The server of the secure fields could not do it for @ now. Try again later.",
  SESSION_GONE: "The token's session has ended. Log in and give the new session's token.",
  STYLE_REFUSED:
    "@ is not a style that a secure field takes. Use the listed keys and pseudo-states, and plain CSS values without url(), var() and the like.",
  TOKEN_MALFORMED: 'The token must be a text that begins with "Bearer ". Give the session\'s token so.',
  TOO_MANY_REQUESTS: "Too many tokens were asked for. Wait a minute before trying @ again.",
  UI_KEY_MISSING: "init() needs the UI key. Give the programme's UI key as the first argument.",
  UI_KEY_UNKNOWN:
    "The server knows no programme with this UI key. Copy it from the programme's keys, for this environment.",
  VALUE_EMPTY: "The field @ is empty. Ask to fill it in.",
  VALUE_REFUSED: "What is in the field @ cannot be a value of its type. Ask to correct it.",
};

/** Its `message` and `code` are enumerable, so that `JSON.stringify` tells them. */
export function failure(code: ErrorCode, what?: string): SecureFieldError {
  const error = new Error() as SecureFieldError;
  error.name = "SecureFieldError";
  const message = TEXTS[code].replace("@", () => quoted(what));
  define(error, "name", error.name, false);
  define(error, "message", message, true);
  define(error, "code", code, true);
  return error;
}

export function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(TEXTS, code);
}

function quoted(what: string | undefined): string {
  return what === undefined ? "" : JSON.stringify(what);
}

function define(error: Error, key: string, value: string, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
