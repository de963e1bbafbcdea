// The only style a page can give a field. The SDK refuses what is not in this list, for the
// programmer to see; the frame drops it, because whoever sends it may not be the SDK.

/** Our keys, and the CSS properties each stands for. */
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  color: ["color"],
  fontFamily: ["font-family"],
  fontSize: ["font-size"],
  fontSmoothing: ["-webkit-font-smoothing", "-moz-osx-font-smoothing"],
  fontStyle: ["font-style"],
  fontVariant: ["font-variant"],
  fontWeight: ["font-weight"],
  height: ["height"],
  letterSpacing: ["letter-spacing"],
  lineHeight: ["line-height"],
  margin: ["margin"],
  padding: ["padding"],
  textAlign: ["text-align"],
  textDecoration: ["text-decoration"],
  textIndent: ["text-indent"],
  textShadow: ["text-shadow"],
  textTransform: ["text-transform"],
};
export const STATES = ["base", "empty", "valid", "invalid"] as const;
export const PSEUDOS: readonly string[] = [
  ":hover",
  ":focus",
  "::placeholder",
  "::selection",
  ":-webkit-autofill",
];

export type State = (typeof STATES)[number];
/** CSS text by key. */
export type Declarations = Record<string, string>;
/** By pseudo-class or -element; "" is the field itself. */
export type Rules = Record<string, Declarations>;
export type StyleSet = Partial<Record<State, Rules>>;

const LONGEST = 200;
const FUNCTION =
  /^(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|calc|min|max|clamp)\(/i;
// No token here opens a block, a comment, an escape or an address.
const TOKEN = new RegExp(
  [
    "\\s+",
    ",",
    "/(?![*/])",
    "[*](?!/)",
    "#[0-9a-f]{3,8}\\b",
    "[-+]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:%|[a-z]{1,5})?(?![\\w-])",
    "[-+](?=\\s)",
    "-?[a-z][a-z0-9-]*(?![\\w(-])",
    "[a-z-]+\\(",
    "\\)",
    "\"[\\p{L}\\p{N} _.-]*\"",
    "'[\\p{L}\\p{N} _.-]*'",
  ].join("|"),
  "iuy",
);

export function propertiesOf(key: string): readonly string[] | undefined {
  return Object.hasOwn(PROPERTIES, key) ? PROPERTIES[key] : undefined;
}

/** The value as CSS text if the grammar has it, else undefined. */
export function styleValue(value: unknown): string | undefined {
  const text = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== "string" || text.length > LONGEST || !text.trim()) return undefined;
  return isPlain(text) ? text.trim() : undefined;
}

function isPlain(text: string): boolean {
  let depth = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return false;
    if (token.endsWith("(")) {
      if (!FUNCTION.test(token)) return false;
      depth += 1;
    } else if (token === ")") {
      depth -= 1;
      if (depth < 0) return false;
    }
  }
  return depth === 0;
}

export type Refuse = (path: string) => void;

/** What of `given` is in the list; `refuse` is told the place of everything else. */
export function readStyle(given: unknown, refuse: Refuse): StyleSet {
  const style: StyleSet = {};
  for (const [state, rules] of entries(given, "style", refuse)) {
    const known = STATES.find((one) => one === state);
    if (known) style[known] = readRules(rules, `style.${known}`, refuse);
    else refuse(`style.${state}`);
  }
  return style;
}

function readRules(given: unknown, path: string, refuse: Refuse): Rules {
  const own: Declarations = {};
  const rules: Rules = { "": own };
  for (const [key, value] of entries(given, path, refuse)) {
    if (PSEUDOS.includes(key)) {
      const into: Declarations = (rules[key] = {});
      for (const [name, text] of entries(value, `${path}.${key}`, refuse)) {
        declare(into, name, text, `${path}.${key}.${name}`, refuse);
      }
    } else if (key === "") {
      // as this function returns it: the frame reads again what the SDK has read
      for (const [name, text] of entries(value, path, refuse)) {
        declare(own, name, text, `${path}.${name}`, refuse);
      }
    } else {
      declare(own, key, value, `${path}.${key}`, refuse);
    }
  }
  return rules;
}

function declare(
  into: Declarations,
  key: string,
  value: unknown,
  path: string,
  refuse: Refuse,
): void {
  if (value === undefined) return;
  const text = styleValue(value);
  if (propertiesOf(key) && text !== undefined) into[key] = text;
  else refuse(path);
}

function entries(given: unknown, path: string, refuse: Refuse): [string, unknown][] {
  if (given === undefined) return [];
  if (typeof given === "object" && given !== null) return Object.entries(given).slice(0, 100);
  refuse(path);
  return [];
}
