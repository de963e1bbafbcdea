// Fields whose values become tokens together.
import { FIELD_TYPES, type FieldType, isConfirm, PAIR_OF } from "../shared/protocol";
import type { SecureFieldError, Tokens } from "./client.1.d.ts";
import { failure } from "./failure";
import { Field } from "./field";

export class Form {
  readonly uiKey: string;
  readonly #types: readonly FieldType[];
  #fields: Field[] = [];
  #destroyed = false;

  constructor(uiKey: string, types: readonly FieldType[] = FIELD_TYPES) {
    this.uiKey = uiKey;
    this.#types = types;
  }

  add(name: unknown, type: unknown, options: unknown): Field {
    if (this.#destroyed) throw failure("DESTROYED", "form");
    if (typeof name !== "string" || name === "") throw failure("NAME_MISSING");
    if (this.#fields.some((one) => one.name === name)) throw failure("NAME_TAKEN", name);
    const known = this.#types.find((one) => one === type);
    if (!known) throw failure("FIELD_TYPE_UNKNOWN", String(type));
    const field = new Field(this, name, known, options);
    this.#fields.push(field);
    this.refresh();
    return field;
  }

  remove(field: Field): void {
    this.#fields = this.#fields.filter((one) => one !== field);
    this.refresh();
  }

  destroy(): void {
    this.#destroyed = true;
    for (const field of this.#fields) field.destroy();
  }

  /** The last field before it that it can be meant for: where a password is changed, the old one
   * comes first. */
  pairOf(confirm: Field): Field | undefined {
    const { type } = confirm;
    if (!isConfirm(type)) return undefined;
    const able = this.#fields.filter(
      (one) => one.type === PAIR_OF[type] && one.autocomplete !== "current-password",
    );
    const at = this.#fields.indexOf(confirm);
    return able.filter((one) => this.#fields.indexOf(one) < at).at(-1) ?? able[0];
  }

  /** Whether its value is chosen now, not remembered. */
  isFresh(field: Field): boolean {
    if (isConfirm(field.type) || field.autocomplete === "new-password") return true;
    if (field.autocomplete === "current-password") return false;
    const confirmed = this.#fields.some((one) => this.pairOf(one) === field);
    return confirmed || field.listeners.has("strength");
  }

  /** Another field, or another listener, may have made a value a new one. */
  refresh(): void {
    for (const field of this.#fields) field.refresh();
    this.introduce();
  }

  /** Tells the frames of confirm fields, once both are there, whom to ask. */
  introduce(): void {
    for (const field of this.#fields) {
      const pair = this.pairOf(field)?.link;
      if (!pair?.ready || !field.link?.ready || field.pairedWith === pair.id) continue;
      field.pairedWith = pair.id;
      field.link.send({ does: "pair", id: pair.id });
    }
  }

  async tokenize(): Promise<Tokens> {
    if (this.#destroyed) throw failure("DESTROYED", "form");
    const fields = [...this.#fields];
    const giving = fields.filter((one) => !isConfirm(one.type));
    for (const field of fields) {
      if (isConfirm(field.type) && !this.pairOf(field)) {
        throw failure("CONFIRM_WITHOUT_PAIR", field.name);
      }
    }
    if (!giving.length) throw failure("FORM_EMPTY");
    // all of them before any of them: no token is made that then is not used
    if (fields.length > 1) await all(fields, "check");
    const tokens = await all(giving, "tokenize");
    return Object.fromEntries(giving.map((field, at) => [field.name, tokens[at]!]));
  }
}

/** The first failure, in the order of the fields. */
async function all(fields: Field[], does: "check" | "tokenize"): Promise<(string | undefined)[]> {
  const answers = await Promise.allSettled(fields.map((field) => field.ask(does)));
  return answers.map((answer) => {
    if (answer.status === "rejected") throw answer.reason as SecureFieldError;
    return answer.value;
  });
}
