// Version 2: window.weavr.
import type { FieldType } from "../shared/protocol";
import { Form } from "./form";
import { checkedKey, faceOf, warnOfFonts } from "./library";
import { associate } from "./server";
import { settle } from "./settle";
import type { Capture, NewField, SecureClient, Weavr } from "./weavr-client-v2.d.ts";

function capture(uiKey: string): Capture {
  const forms = new Map<string, Form>();
  const formOf = (id: string | undefined) => {
    const form = (id !== undefined && forms.get(id)) || new Form(uiKey);
    if (id !== undefined) forms.set(id, form);
    return form;
  };
  const of =
    (type: FieldType): NewField =>
    (name, options, formId) => {
      const form = formOf(formId);
      const createToken = async () => ({ tokens: await form.tokenize() });
      return Object.assign(faceOf(form.add(name, type, options), form), { createToken });
    };
  return {
    password: of("password"),
    passCode: of("passCode"),
    confirmPassword: of("confirmPassword"),
    confirmPassCode: of("confirmPassCode"),
  };
}

window.weavr = {
  init(uiKey, options): SecureClient {
    const key = checkedKey(uiKey);
    warnOfFonts(options);
    return {
      setUserToken: (token, resolve, reject) => settle(associate(key, token), resolve, reject),
      // the server was asked whether the session lives, and nothing was kept
      resetUserToken: () => {},
      capture: capture(key),
    };
  },
} satisfies Weavr;
