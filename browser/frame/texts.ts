// What a screen reader is told of a field's state.
import { type FieldType, type Messages, PIN } from "../shared/protocol";
import type { Rules } from "./rules";

const CLASSES = ", with a capital letter, a small letter, a digit and a special character";

export function textOf(
  key: keyof Messages,
  type: FieldType,
  fresh: boolean,
  rules: Rules,
  messages: Messages,
): string {
  const numbers = rules.numbers();
  const template = messages[key] ?? usual(key, type, fresh, rules);
  return template.replace(/\{(shortest|longest|digits)\}/g, (_, name: string) =>
    String(numbers[name] ?? ""),
  );
}

function usual(key: keyof Messages, type: FieldType, fresh: boolean, rules: Rules): string {
  if (key === "valid") return "Valid.";
  if (key === "match") return "Both entries are the same.";
  if (key === "mismatch") return "The two entries are not the same.";
  if (type === PIN) return "Enter 4 digits.";
  if (type === "passCode") return fresh ? "Enter {digits} digits." : "Enter 4 to 6 digits.";
  if (!fresh) return "At most {longest} characters.";
  return `Use {shortest} to {longest} characters${rules.hasClasses ? CLASSES : ""}.`;
}
