// Opening an account: a consumer, and their first password.
import { type Answer, isOk, textAt } from "../parts/api";
import type { Bank, Screen } from "../parts/bank";
import { button, el } from "../../shared/dom";
import { type Field, field, form } from "../parts/form";
import { isWords, type SecureFields } from "../parts/secure";
import { explain, type Words } from "../parts/words";
import { logInScreen } from "./login";
import { framesNote, newSecret, takeTokens } from "./secret-fields";

type Fields = Record<"name" | "surname" | "email" | "country" | "number", Field>;

/** Those who were created while their password was still refused, by e-mail. */
const created = new Map<string, string>();

export function signUpScreen(bank: Bank): Screen {
  const fields = details();
  const kind = bank.kinds[0]!;
  const label = kind === "password" ? "Password" : "Passcode";
  const secret = newSecret(bank, "password", kind, label, () => sign.node.requestSubmit());
  const sign = form(
    {
      id: "sign-up",
      submit: "Open the account",
      fields: [
        el("div", { class: "pair" }, fields.name.node, fields.surname.node),
        fields.email.node,
        el("div", { class: "pair phone-pair" }, fields.country.node, fields.number.node),
        ...secret.nodes,
        framesNote(bank),
      ],
    },
    () => signUp(bank, fields, secret),
  );
  const toLogIn = () => bank.show(logInScreen(bank));
  const others = el(
    "p",
    { class: "others" },
    "Already a customer? ",
    button("Log in", toLogIn, { class: "link", id: "to-log-in" }),
  );
  return {
    name: "sign-up",
    title: "Open an account",
    nodes: [others, sign.node],
    shown: () => secret.mount(),
    gone: () => secret.destroy(),
  };
}

/** Somebody new each time: the sandbox remembers whom it has seen. */
function details(): Fields {
  const digits = String(crypto.getRandomValues(new Uint32Array(1))[0]! % 900_000 + 100_000);
  return {
    name: field("First name", { id: "name", value: "Ada", autocomplete: "given-name" }),
    surname: field("Last name", { id: "surname", value: "Lovelace", autocomplete: "family-name" }),
    email: field("E-mail", {
      id: "email",
      type: "email",
      value: `ada.${digits}@example.com`,
      autocomplete: "email",
    }),
    country: field("Country", { id: "country-code", value: "+356", autocomplete: "tel-country-code", inputmode: "tel" }),
    number: field("Mobile", { id: "number", value: `79${digits}`, autocomplete: "tel-national", inputmode: "tel" }),
  };
}

async function signUp(bank: Bank, fields: Fields, secret: SecureFields): Promise<Words | null> {
  const tokens = await takeTokens(bank, secret);
  if (isWords(tokens)) return tokens;
  const password = { value: tokens["password"] };
  // this looks at the token and does not use it up
  const valid = await bank.open("/passwords/validate", { password });
  if (!isOk(valid)) return explain(valid, "sign up");
  const email = fields.email.input.value;
  const consumer = created.has(email) ? null : await createConsumer(bank, fields);
  if (consumer && !isOk(consumer)) return explain(consumer, "sign up");
  if (consumer) created.set(email, textAt(consumer.body, "rootUser", "id", "id"));
  const set = await bank.open(`/passwords/${created.get(email)}/create`, { password });
  if (!isOk(set)) return explain(set, "sign up");
  return finish(bank, email, textAt(set.body, "token"));
}

function createConsumer(bank: Bank, { name, surname, email, country, number }: Fields): Promise<Answer> {
  return bank.open("/consumers", {
    profileId: bank.parts.config.profiles.consumers,
    ipAddress: "203.0.113.7",
    rootUser: {
      name: name.input.value,
      surname: surname.input.value,
      email: email.input.value,
      mobile: { countryCode: country.input.value, number: number.input.value },
      dateOfBirth: { year: 1990, month: 12, day: 10 },
      address: { country: "MT" },
    },
  });
}

/** The first password opens a session at once. This bank ends it: its customers log in. */
async function finish(bank: Bank, email: string, token: string): Promise<null> {
  await bank.parts.api.multi("POST", "/logout", undefined, token);
  bank.email = email;
  created.delete(email);
  bank.parts.tour.done("sign-up");
  bank.show(logInScreen(bank, "Your account is open. Log in with the password you have chosen."));
  return null;
}
