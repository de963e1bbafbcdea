// A new password or passcode, for who knows the present one.
import { isOk, textAt } from "../parts/api";
import type { Bank, Screen } from "../parts/bank";
import type { Kind } from "../parts/config";
import { button, el } from "../../shared/dom";
import { form } from "../parts/form";
import { isWords, type SecureFields } from "../parts/secure";
import { explain, type Words } from "../parts/words";
import { homeScreen } from "./home";
import { framesNote, newSecret, presentSecret, takeTokens } from "./secret-fields";

export function changeScreen(bank: Bank, kind: Kind): Screen {
  const submit = () => change.node.requestSubmit();
  const present = presentSecret("present", bank.session.kind, `Present ${bank.session.kind}`, submit);
  const chosen = newSecret(bank, "chosen", kind, `New ${kind}`, submit);
  const change = form(
    {
      id: "change",
      submit: `Save the new ${kind}`,
      fields: [...present.nodes, ...chosen.nodes, framesNote(bank)],
      others: bank.session.renewal ? [] : [notNow(bank)],
    },
    () => save(bank, kind, present, chosen),
  );
  return {
    name: `change-${kind}`,
    title: kind === "password" ? "Change password" : "Set a passcode",
    nodes: [why(bank), change.node],
    shown: () => {
      present.mount();
      chosen.mount();
    },
    gone: () => {
      present.destroy();
      chosen.destroy();
    },
  };
}

function notNow(bank: Bank): HTMLElement {
  return button("Not now", () => bank.show(homeScreen(bank)), { id: "not-now" });
}

function why(bank: Bank): HTMLElement {
  const { renewal, kind } = bank.session;
  const text = renewal
    ? `Your ${kind} has expired. Choose a new one to go on.`
    : "All other sessions of yours will end.";
  return el("p", {}, text);
}

async function save(
  bank: Bank,
  kind: Kind,
  present: SecureFields,
  chosen: SecureFields,
): Promise<Words | null> {
  const tokens = await takeTokens(bank, present, chosen);
  if (isWords(tokens)) return tokens;
  const answer = await bank.call("POST", "/passwords/update", {
    oldPassword: { value: tokens["present"] },
    newPassword: { value: tokens["chosen"] },
  });
  if (!bank.session.open) return null;
  if (!isOk(answer)) return explain(answer, "change", kind);
  await goOn(bank, kind, textAt(answer.body, "token"));
  return null;
}

/** The old token has died with all others; the new one is of the same level. */
async function goOn(bank: Bank, kind: Kind, token: string): Promise<void> {
  const { steppedUp, renewal } = bank.session;
  bank.session.begin(token, kind, steppedUp);
  if (renewal) await bank.look();
  if (kind === "password") bank.parts.tour.done("change");
  bank.show(homeScreen(bank, `Your new ${kind} is in force. Every other session has ended.`));
}
