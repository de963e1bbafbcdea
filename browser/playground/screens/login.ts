// Logging in with a password or a passcode.
import { type Answer, at, isOk, textAt } from "../parts/api";
import type { Bank, Screen } from "../parts/bank";
import type { Kind } from "../parts/config";
import { button, el } from "../../shared/dom";
import { field, form } from "../parts/form";
import { isWords, type SecureFields } from "../parts/secure";
import { explain, type Words } from "../parts/words";
import { changeScreen } from "./change";
import { forgotScreen } from "./forgot";
import { homeScreen } from "./home";
import { framesNote, presentSecret, takeTokens } from "./secret-fields";
import { signUpScreen } from "./sign-up";

export function logInScreen(bank: Bank, notice = "", kind: Kind = "password"): Screen {
  const used = bank.kinds.includes(kind) ? kind : bank.kinds[0]!;
  const email = field("E-mail", {
    id: "log-in-email",
    type: "email",
    autocomplete: "username",
    value: bank.email,
  });
  const label = used === "password" ? "Password" : "Passcode";
  const secret = presentSecret("password", used, label, () => log.node.requestSubmit());
  const log = form(
    { id: "log-in", submit: "Log in", fields: [email.node, ...secret.nodes, framesNote(bank)] },
    async () => {
      const words = await logIn(bank, email.input.value, used, secret);
      if (words) {
        secret.clear();
        secret.focus();
      }
      return words;
    },
  );
  return {
    name: "log-in",
    title: "Log in",
    nodes: [
      ...(notice ? [el("p", { class: "notice", role: "status", id: "notice" }, notice)] : []),
      log.node,
      others(bank, used, email.input),
    ],
    shown: () => secret.mount(),
    gone: () => secret.destroy(),
  };
}

function others(bank: Bank, used: Kind, email: HTMLInputElement): HTMLElement {
  const another = bank.kinds.find((kind) => kind !== used);
  const swap = (kind: Kind) => {
    bank.email = email.value;
    bank.show(logInScreen(bank, "", kind));
  };
  return el(
    "p",
    { class: "others" },
    another && button(`Use a ${another}`, () => swap(another), { class: "link", id: "other-kind" }),
    button("Forgot your password?", () => bank.show(forgotScreen(bank, email.value)), { class: "link", id: "to-forgot" }),
    button("Open an account", () => bank.show(signUpScreen(bank)), { class: "link", id: "to-sign-up" }),
  );
}

async function logIn(
  bank: Bank,
  email: string,
  kind: Kind,
  secret: SecureFields,
): Promise<Words | null> {
  bank.email = email;
  const tokens = await takeTokens(bank, secret);
  if (isWords(tokens)) return tokens;
  const body = { email, password: { value: tokens["password"] } };
  const answer = await bank.open("/login_with_password", body);
  const token = textAt(answer.body, "token");
  if (answer.status === 409 && token) return renew(bank, token, kind);
  if (!isOk(answer)) return explain(answer, "log in", kind);
  bank.session.begin(token, kind);
  const refused = await chooseIdentity(bank, answer);
  if (refused) return explain(refused, "other");
  bank.parts.tour.done("log-in");
  bank.show(homeScreen(bank));
  return null;
}

/** The password was right and has expired: this token is for choosing a new one. */
function renew(bank: Bank, token: string, kind: Kind): null {
  bank.session.begin(token, kind, false, true);
  bank.show(changeScreen(bank, kind));
  return null;
}

/** Programmes of several identities hand out a token to choose with. */
async function chooseIdentity(bank: Bank, login: Answer): Promise<Answer | null> {
  if (textAt(login.body, "tokenType") === "AUTH") {
    const identity = at(login.body, "identity");
    const answer = await bank.call("POST", "/access_token", { identity });
    if (!isOk(answer)) return answer;
    bank.session.begin(textAt(answer.body, "token"), bank.session.kind);
  }
  const looked = await bank.look();
  return isOk(looked) ? null : looked;
}
