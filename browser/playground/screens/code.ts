// A code by SMS: to enrol the phone, or to step the session up.
import { type Answer, isOk } from "../parts/api";
import type { Bank, Screen } from "../parts/bank";
import { button, el } from "../../shared/dom";
import { field, form, type Form, waiting } from "../parts/form";
import { explain } from "../parts/words";
import { homeScreen } from "./home";

type Purpose = "enrol" | "step-up";

const PATHS: Record<Purpose, string> = {
  enrol: "/authentication_factors/otp/SMS",
  "step-up": "/stepup/challenges/otp/SMS",
};
const TITLES: Record<Purpose, string> = { enrol: "Enrol this phone", "step-up": "Step up" };

/** Sends a code and asks for it; after the right one `then` is shown. */
export async function askCode(bank: Bank, purpose: Purpose, then: () => Screen): Promise<void> {
  const sent = await bank.call("POST", PATHS[purpose]);
  if (bank.session.open) bank.show(codeScreen(bank, purpose, then, sent));
}

function codeScreen(bank: Bank, purpose: Purpose, then: () => Screen, sent: Answer): Screen {
  const code = codeField();
  const back = button("Not now", () => bank.show(homeScreen(bank)), { id: "not-now" });
  const again: HTMLButtonElement = button("Send again", () => void waiting(again, resend), { id: "send-again" });
  const asked = form({ id: "code-form", submit: "Confirm", fields: [code.node], others: [again, back] }, async () => {
    const answer = await bank.call("POST", `${PATHS[purpose]}/verify`, {
      verificationCode: code.input.value.trim(),
    });
    if (!isOk(answer)) {
      code.input.select();
      code.input.focus();
      return bank.session.open ? explain(answer, doing(purpose)) : null;
    }
    done(bank, purpose);
    bank.show(then());
    return null;
  });
  const resend = async (): Promise<void> => {
    showSent(await bank.call("POST", PATHS[purpose]), asked, purpose);
    code.input.focus();
  };
  return {
    name: purpose,
    title: TITLES[purpose],
    nodes: [explanation(bank), asked.node],
    shown: () => {
      showSent(sent, asked, purpose);
      code.input.focus();
    },
  };
}

function codeField() {
  return field("Code from the SMS", {
    id: "code",
    class: "code-input",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    pattern: "[0-9]{6}",
    maxlength: 6,
    title: "six digits",
  });
}

function explanation(bank: Bank): HTMLElement {
  const phone = el("strong", {}, bank.person?.phone ?? "your phone");
  return el("p", {}, "A code goes to ", phone, " by SMS. It is valid for five minutes.");
}

function showSent(answer: Answer, asked: Form, purpose: Purpose): void {
  asked.problem(isOk(answer) ? null : explain(answer, doing(purpose)));
}

function doing(purpose: Purpose) {
  return purpose === "enrol" ? "enrol" : "step up";
}

function done(bank: Bank, purpose: Purpose): void {
  bank.session.steppedUp = true; // enrolling is a proof of the phone, too
  if (bank.person) bank.person.enrolled = true;
  bank.parts.tour.done(purpose);
}
