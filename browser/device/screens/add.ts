// A new device begins with a link: opened, pasted, typed or scanned.
import { button, el } from "../../shared/dom";
import { isThere } from "../parts/authenticator";
import type { App } from "../parts/app";
import { tokenOf } from "../parts/link";
import { act, busy, problem, show } from "../parts/place";
import { canScan, scanner } from "../parts/scan";
import { enrol } from "./enrol";

/** `token`: of a link that was opened; empty: it is not whole. */
export function addScreen(app: App, token?: string): void {
  const trouble = problem();
  if (token) return opened(app, token);
  const link = el("input", {
    id: "link",
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "link-hint problem",
  });
  const go = el("button", { type: "submit", class: "primary", id: "go-on" }, "Continue");
  const take = (given: string) =>
    busy(go, trouble, async () => {
      const found = tokenOf(given);
      if (found) await enrol(app, found);
      else trouble.say("That is not a link of this server. Copy the whole of it.");
    });
  const form = el(
    "form",
    { id: "add-form", novalidate: true },
    el("label", { for: "link" }, "Link or code from your bank"),
    link,
    el("p", { class: "hint", id: "link-hint" }, "Log in at your bank, choose to add a device, and bring the link here."),
    trouble.node,
    el("div", { class: "actions" }, go),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take(link.value);
  });
  const camera = scanner((text) => void take(text), trouble);
  const scan = button("Scan the QR code", () => void camera.start(), { id: "scan" });
  if (!canScan()) scan.hidden = true;
  show({ name: "add", title: "Add this device", nodes: [form, scan, camera.node], gone: () => camera.stop() });
  if (token === "") trouble.say("The link is not whole. Copy all of it, or make a new one.");
  else void warn(trouble);
}

/** Nothing happens by the opening of a link alone: the person says so first. */
function opened(app: App, token: string): void {
  const trouble = problem();
  const go = act("Continue", trouble, () => enrol(app, token), { class: "primary", id: "go-on" });
  const not = button("Not now", () => app.toWaiting(), { id: "not-now" });
  const text = "You have opened a link that makes this browser one of your devices: it will show what you are asked to approve. Go on only if you have just asked for this link yourself.";
  show({
    name: "add",
    title: "Add this device?",
    nodes: [el("p", {}, text), trouble.node, el("div", { class: "actions" }, go, not)],
  });
  void warn(trouble);
}

async function warn(trouble: { say(text: string): void }): Promise<void> {
  if (await isThere()) return;
  trouble.say("This browser cannot ask for a fingerprint, a face or the screen’s lock, so it cannot be added. Use another device.");
}
