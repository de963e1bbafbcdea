// A lost password: a code by mail, and a new password in its place.
import { isOk, textAt } from "../parts/api";
import type { Bank, Screen } from "../parts/bank";
import { button, el } from "../../shared/dom";
import { field, form } from "../parts/form";
import { isWords, type SecureFields } from "../parts/secure";
import { explain, type Words } from "../parts/words";
import { homeScreen } from "./home";
import { logInScreen } from "./login";
import { framesNote, newSecret, takeTokens } from "./secret-fields";

export function forgotScreen(bank: Bank, given: string): Screen {
  const email = field("E-mail", { id: "forgot-email", type: "email", autocomplete: "username", value: given });
  const asked = form(
    { id: "forgot", submit: "Send a code", fields: [email.node], others: [toLogIn(bank)] },
    async () => {
      bank.expectMail(email.input.value);
      const sent = await bank.open("/passwords/lost_password/start", { email: email.input.value });
      if (!isOk(sent)) return explain(sent, "reset");
      bank.show(resetScreen(bank, email.input.value));
      return null;
    },
  );
  return {
    name: "forgot",
    title: "Forgot your password?",
    nodes: [el("p", {}, "A code goes to your e-mail address. It arrives on the phone, too."), asked.node],
    shown: () => email.input.focus(),
  };
}

function resetScreen(bank: Bank, email: string): Screen {
  const kind = bank.kinds[0]!;
  const code = field("Code from the mail", {
    id: "code",
    class: "code-input",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    pattern: "[0-9]{6}",
    maxlength: 6,
    title: "six digits",
  });
  const chosen = newSecret(bank, "chosen", kind, `New ${kind}`, () => reset.node.requestSubmit());
  const reset = form(
    {
      id: "reset",
      submit: `Save the new ${kind}`,
      fields: [code.node, ...chosen.nodes, framesNote(bank)],
      others: [toLogIn(bank)],
    },
    () => save(bank, email, code.input.value.trim(), chosen),
  );
  const address = el("strong", {}, email);
  return {
    name: "reset",
    title: `Choose a new ${kind}`,
    // whether somebody has the address is not told
    nodes: [el("p", {}, "If ", address, " is a customer’s, a code is there now. It is valid for 15 minutes."), reset.node],
    shown: () => {
      chosen.mount();
      code.input.focus();
    },
    gone: () => chosen.destroy(),
  };
}

function toLogIn(bank: Bank): HTMLElement {
  return button("Back to log-in", () => bank.show(logInScreen(bank)), { id: "back-to-log-in" });
}

async function save(bank: Bank, email: string, nonce: string, chosen: SecureFields): Promise<Words | null> {
  const kind = bank.kinds[0]!;
  const tokens = await takeTokens(bank, chosen);
  if (isWords(tokens)) return tokens;
  const answer = await bank.open("/passwords/lost_password/resume", {
    nonce,
    email,
    newPassword: { value: tokens["chosen"] },
  });
  if (!isOk(answer)) return explain(answer, "reset", kind);
  bank.session.begin(textAt(answer.body, "token"), kind);
  const looked = await bank.look();
  if (!isOk(looked)) return explain(looked, "other");
  bank.show(homeScreen(bank, `Your new ${kind} is in force. Every other session has ended.`));
  return null;
}
