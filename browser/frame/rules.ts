// Which values are valid, and how hard one is to guess.
import { PIN, type Settings, type ValueType } from "../shared/protocol";
import type { Fields, PasswordRules } from "./page";

const LONGEST = 256;
const SHORTEST_CODE = 4;
const LONGEST_CODE = 6;
const PIN_DIGITS = 4;
const CLASSES = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{N}]/u];

export class Rules {
  readonly #type: ValueType;
  readonly #fields: Fields;

  constructor(type: ValueType, fields: Fields) {
    this.#type = type;
    this.#fields = fields;
  }

  /** Nothing that the page can choose decides here but `fresh`: with a maximum of its choice,
   * asked again and again, it could find out the length of what was typed. */
  valid(value: string, fresh: boolean): boolean {
    if (this.#type === PIN) return /^[0-9]*$/.test(value) && value.length === PIN_DIGITS;
    if (this.#type === "passCode") {
      const digits = this.#fields.passCode?.digits ?? SHORTEST_CODE;
      const expected = fresh ? [digits, digits] : [SHORTEST_CODE, LONGEST_CODE];
      return /^[0-9]*$/.test(value) && isWithin(value.length, expected[0]!, expected[1]!);
    }
    const rules = this.#fields.password;
    const length = lengthOf(value);
    if (!fresh || !rules) return isWithin(length, 1, rules?.longest ?? LONGEST);
    return (
      isWithin(length, rules.shortest, rules.longest) &&
      (!rules.classes || classesIn(value) === CLASSES.length)
    );
  }

  /** The page may ask to cut off, but not so that nothing valid is left. Nothing is cut off unasked:
   * who is not told would find out at the next login. */
  maxlength({ maxlength, fresh }: Settings): number {
    if (this.#type === PIN) return PIN_DIGITS;
    if (this.#type === "passCode") {
      const digits = this.#fields.passCode?.digits ?? SHORTEST_CODE;
      return fresh ? digits : clamped(maxlength, SHORTEST_CODE, LONGEST_CODE);
    }
    return clamped(maxlength, this.#fields.password?.shortest ?? 1, LONGEST);
  }

  /** For the texts of `messages`. */
  numbers(): Record<string, number | undefined> {
    return { ...this.#fields.password, classes: undefined, digits: this.#fields.passCode?.digits };
  }

  get hasClasses(): boolean {
    return this.#fields.password?.classes ?? false;
  }

  /** 0 to 4. From 2 on it keeps the rules, so a page may take that as good enough. */
  strength(value: string): number {
    const rules: PasswordRules = this.#fields.password ?? {
      shortest: 8,
      longest: LONGEST,
      classes: false,
    };
    const bits = guessBits(value);
    if (!this.valid(value, true)) return lengthOf(value) < rules.shortest || bits < 28 ? 0 : 1;
    return bits < 50 ? 2 : bits < 70 ? 3 : 4;
  }
}

/** An upper bound: the alphabet's size, less for repetitions and runs such as `aaaa`, `1234`. */
function guessBits(value: string): number {
  const letters = [...value];
  const surprising = letters.filter((letter, at) => {
    const step = at ? letter.codePointAt(0)! - letters[at - 1]!.codePointAt(0)! : 2;
    return Math.abs(step) > 1 && letters.indexOf(letter) >= at - 8;
  });
  const alphabet = [26, 26, 10, 33].filter((_, at) => CLASSES[at]!.test(value));
  return surprising.length * Math.log2(alphabet.reduce((sum, size) => sum + size, 1));
}

function classesIn(value: string): number {
  return CLASSES.filter((one) => one.test(value)).length;
}

/** As the server counts: characters of the normal form. */
function lengthOf(value: string): number {
  return [...value.normalize("NFC")].length;
}

function clamped(value: number | undefined, least: number, most: number): number {
  return Math.min(Math.max(value ?? most, least), most);
}

function isWithin(length: number, least: number, most: number): boolean {
  return least <= length && length <= most;
}
