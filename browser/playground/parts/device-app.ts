// The device app on the phone: the same one that people install, in a frame of this origin.
import { announce } from "../../shared/announce";
import { byId } from "../../shared/dom";

const HOME = "/device/";

function frame(): HTMLIFrameElement {
  return byId("device-app") as HTMLIFrameElement;
}

export function startDeviceApp(): void {
  byId("show-messages").addEventListener("click", () => showMessages());
  byId("show-app").addEventListener("click", () => showApp());
  const messages = new MutationObserver(() => {
    if (!frame().hidden && byId("messages").childElementCount) byId("show-messages").dataset["new"] = "";
  });
  messages.observe(byId("messages"), { childList: true });
  frame().addEventListener("load", () => watchForCode());
}

/** `fragment`: an enrolment's link, from its `#` on. */
export function showApp(fragment = ""): void {
  const place = frame();
  if (!place.hasAttribute("src")) place.src = HOME + fragment;
  else if (fragment && place.contentWindow) place.contentWindow.location.hash = fragment;
  turn(true);
  if (fragment) announce("The device app on the phone has the link.");
}

export function showMessages(): void {
  delete byId("show-messages").dataset["new"];
  turn(false);
}

/** Whether the app asked for a code: it has this one then. */
export function fill(code: string): boolean {
  const input = asked();
  if (!input) return false;
  input.value = code;
  showApp();
  input.focus();
  return true;
}

function turn(app: boolean): void {
  frame().hidden = !app;
  byId("phone").toggleAttribute("data-app", app);
  byId("show-app").setAttribute("aria-pressed", String(app));
  byId("show-messages").setAttribute("aria-pressed", String(!app));
}

function asked(): HTMLInputElement | undefined {
  const found = frame().contentDocument?.getElementById("code");
  return found ? (found as HTMLInputElement) : undefined;
}

/** So that messages offer their code only where something asks for one. */
function watchForCode(): void {
  const page = frame().contentDocument;
  if (!page?.body) return;
  const look = () => frame().toggleAttribute("data-code", asked() !== undefined);
  new MutationObserver(look).observe(page.body, { childList: true, subtree: true });
  look();
}
