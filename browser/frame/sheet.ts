// The field's looks. Selectors are ours alone; a page gives values, for properties of the list.
import { propertiesOf, type Rules, STATES, type State, type StyleSet } from "../shared/style";

// All of the frame is the field: nothing in it takes its size from what was typed.
// Folded it keeps a pixel: what is clipped away altogether counts as not selected, and could not be
// typed over in a field that is full.
const OURS = `
  * { box-sizing: border-box; }
  html, body, form { margin: 0; height: 100%; background: transparent; }
  html { overflow: hidden; }
  form { display: flex; }
  input {
    flex: 1; min-width: 0; margin: 0; padding: 0 10px; border: 0; border-radius: 4px;
    font: 16px system-ui, sans-serif; color: CanvasText; background: transparent;
    text-align: start; appearance: none; outline: none;
  }
  input.folded {
    flex: none !important; box-sizing: content-box !important; width: 1px !important;
    padding: 0 !important;
  }
  .outlined input { border: 1px solid GrayText; }
  .outlined input.invalid { border-color: #c5221f; border-color: light-dark(#c5221f, #f28b82); }
  input:focus-visible {
    outline: 2px solid #0b57d0; outline-color: light-dark(#0b57d0, #8ab4f8); outline-offset: -2px;
  }
  input::placeholder { color: GrayText; opacity: 1; }
  .apart {
    position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }
  @keyframes filled { from { opacity: 1; } }
  @keyframes emptied { from { opacity: 1; } }
  input:autofill { animation: filled 1ms; }
  input:not(:autofill) { animation: emptied 1ms; }
  @media (forced-colors: active) {
    input, .outlined input { border: 1px solid ButtonBorder; }
    input.invalid { border-style: dashed; }
    input:focus-visible { outline-color: Highlight; }
  }
`;
const SELECTOR: Record<State, string> = {
  base: "input",
  empty: "input.empty",
  valid: "input.valid",
  invalid: "input.invalid",
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(OURS);
const count = sheet.cssRules.length;

export function dress(style: StyleSet): void {
  while (sheet.cssRules.length > count) sheet.deleteRule(count);
  for (const state of STATES) addRules(SELECTOR[state], style[state] ?? {});
  document.adoptedStyleSheets = [sheet];
}

function addRules(selector: string, rules: Rules): void {
  for (const [pseudo, declarations] of Object.entries(rules)) {
    const at = sheet.insertRule(`${selector}${pseudo} {}`, sheet.cssRules.length);
    const { style } = sheet.cssRules[at] as CSSStyleRule;
    for (const [key, value] of Object.entries(declarations)) {
      if (key === "height") continue; // of the frame, set by the SDK
      for (const property of propertiesOf(key) ?? []) style.setProperty(property, value);
      // browsers colour what they filled in with a rule of their own that `color` can't beat
      if (key === "color" && pseudo === ":-webkit-autofill") {
        style.setProperty("-webkit-text-fill-color", value);
      }
    }
  }
}
