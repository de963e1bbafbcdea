// Version 1: window.OpcUxSecureClient.
import type { OpcUxSecureClient, SecureForm } from "./client.1.d.ts";
import { failure } from "./failure";
import { Form } from "./form";
import { checkedKey, faceOf, warnOfFonts } from "./library";
import { associate } from "./server";
import { settle } from "./settle";

let key: string | undefined;

function initialised(): string {
  if (key === undefined) throw failure("NOT_INITIALISED");
  return key;
}

function face(form: Form): SecureForm {
  return {
    input: (name, type, options) => faceOf(form.add(name, type, options), form),
    tokenize: (resolve, reject) => settle(form.tokenize(), resolve, reject),
    destroy: () => form.destroy(),
  };
}

window.OpcUxSecureClient = {
  init(uiKey, options) {
    key = checkedKey(uiKey);
    warnOfFonts(options);
  },
  associate: (token, resolve, reject) =>
    settle((async () => associate(initialised(), token))(), resolve, reject),
  form: () => face(new Form(initialised())),
} satisfies OpcUxSecureClient;
