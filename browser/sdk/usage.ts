// A page's own program, for `tsc` alone: it checks against the declarations that are served beside
// the scripts, and wrong uses do not. Nothing imports this, and it is in no bundle.
import type { ErrorCode, InputOptions, SecureFieldError, Tokens } from "./client.1.d.ts";
import type { SecureClient, SecureComponent } from "./weavr-client-v2.d.ts";

const options: InputOptions = {
  placeholder: "Password",
  maxlength: 30,
  autocomplete: "new-password",
  classNames: { base: "field", focus: "field-focus" },
  messages: { invalid: "Use {shortest} to {longest} characters." },
  style: {
    base: { color: "#123", fontSize: 16, "::placeholder": { color: "gray" }, ":focus": { color: "navy" } },
    invalid: { color: "red" },
  },
};

export function version1(place: HTMLElement, send: (token: string | undefined) => void): Promise<Tokens> {
  OpcUxSecureClient.init("asu_key", { fonts: [] });
  const form = window.OpcUxSecureClient.form();
  const password = form.input("password", "password", options);
  const again = form.input("again", "confirmPassword");
  password
    .on("ready", () => password.focus())
    .addListener("change", ({ empty, valid }) => again.update({ placeholder: empty || valid ? "" : "?" }))
    .on("strength", ({ id }) => place.style.setProperty("--strength", String(id satisfies 0 | 1 | 2 | 3 | 4)))
    .off("focus")
    .removeAllListeners("blur");
  password.mount("#password");
  again.mount(place);
  const failed = (error: SecureFieldError): ErrorCode => error.code;
  void OpcUxSecureClient.associate("Bearer eyJ", () => {}, failed);
  return form.tokenize((tokens) => send(tokens["password"]), failed);
}

export async function version2(): Promise<string | undefined> {
  const client: SecureClient = window.weavr.init("asu_key");
  const passcode: SecureComponent = client.capture.passCode("passcode", { maxlength: 6 }, "form");
  client.capture.confirmPassCode("again", {}, "form").mount("#again");
  passcode.on("submit", () => void passcode.createToken());
  await client.setUserToken("Bearer eyJ");
  client.resetUserToken();
  const { tokens } = await passcode.createToken();
  passcode.destroy();
  return tokens["passcode"];
}

export function wrong(client: SecureClient): void {
  const form = OpcUxSecureClient.form();
  const input = form.input("one", "password");
  // @ts-expect-error there is no such type of field
  form.input("two", "cardNumber");
  // @ts-expect-error a field has a name
  form.input(undefined, "password");
  // @ts-expect-error there is no such option
  form.input("two", "password", { colour: "red" });
  // @ts-expect-error there is no such state
  form.input("two", "password", { style: { hover: { color: "red" } } });
  // @ts-expect-error a style cannot place the field
  form.input("two", "password", { style: { base: { position: "fixed" } } });
  // @ts-expect-error there is no such event
  input.on("keydown", () => {});
  // @ts-expect-error nobody is told which key it was
  input.on("keyup", (event: KeyboardEvent) => event.key);
  // @ts-expect-error a change says nothing of the value
  input.on("change", ({ value }) => value);
  // @ts-expect-error there is nothing to read the value with
  input.value;
  // @ts-expect-error tokens come later
  form.tokenize()["one"];
  // @ts-expect-error there is no such code
  void form.tokenize(undefined, ({ code }) => code === "NO_SUCH_CODE");
  // @ts-expect-error in version 2 the field gives the tokens, not the client
  void client.tokenize();
  // @ts-expect-error the key is not left out
  window.weavr.init();
}
