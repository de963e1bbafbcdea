// What a page asks of its field. It may come from anybody who runs in that page.
import { AUTOCOMPLETE, MESSAGES, type Messages, type Settings } from "../shared/protocol";
import { oneOf, own, text, whole } from "../shared/read";
import { readStyle } from "../shared/style";

const LONGEST = 300;
const SCHEMES = ["normal", "light", "dark", "light dark", "dark light"];

export function readSettings(from: unknown): Settings {
  const lang = text(from, "lang", 35);
  return {
    label: text(from, "label", LONGEST),
    placeholder: text(from, "placeholder", LONGEST),
    maxlength: whole(from, "maxlength"),
    autocomplete: oneOf(from, "autocomplete", AUTOCOMPLETE),
    fresh: own(from, "fresh") === true,
    lang: /^[a-z0-9-]*$/i.test(lang) ? lang : "",
    dir: oneOf(from, "dir", ["rtl", "auto"]) ?? "ltr",
    scheme: oneOf(from, "scheme", SCHEMES) ?? "normal",
    outlined: own(from, "outlined") === true,
    messages: readMessages(own(from, "messages")),
    style: readStyle(own(from, "style"), () => {}),
  };
}

function readMessages(from: unknown): Messages {
  const messages: Messages = {};
  for (const key of MESSAGES) {
    const message = text(from, key, LONGEST);
    if (message) messages[key] = message;
  }
  return messages;
}
