// This browser's places: what they are called, when they were used, and what can be done with them.
import { button, el } from "../../shared/dom";
import { own, whole } from "../../shared/read";
import { asDevice, Failed } from "../parts/api";
import type { App } from "../parts/app";
import { act, problem, show } from "../parts/place";
import { allowed, canBeWoken, renew } from "../parts/push";
import { rotate } from "../parts/rotate";
import type { Enrolment } from "../parts/store";

export function devicesScreen(app: App, notice = ""): void {
  const told = notice ? [el("p", { class: "notice", role: "status", id: "notice" }, notice)] : [];
  const cards = app.enrolments.map((one) => card(app, one));
  const add = button("Add another", () => app.toAdd(), { id: "to-add" });
  const none = el("p", {}, "This browser is nobody’s device yet.");
  show({
    name: "devices",
    title: "Devices",
    nodes: [...told, ...(cards.length ? cards : [none]), el("div", { class: "actions" }, add)],
  });
}

function card(app: App, enrolment: Enrolment): HTMLElement {
  const trouble = problem();
  trouble.node.removeAttribute("id");
  const facts = el("dl", { class: "facts" });
  const actions = el("div", { class: "actions" });
  const node = el(
    "section",
    { class: "device", "data-device": enrolment.device, "aria-label": `${enrolment.name}, ${enrolment.programme.name}` },
    el("h2", {}, enrolment.name),
    facts,
    trouble.node,
    actions,
  );
  void fill(app, enrolment, facts, trouble, actions);
  return node;
}

type Trouble = ReturnType<typeof problem>;

async function fill(app: App, enrolment: Enrolment, facts: HTMLElement, trouble: Trouble, actions: HTMLElement): Promise<void> {
  facts.replaceChildren(...fact("Programme", enrolment.programme.name));
  actions.replaceChildren(...known(app, enrolment, facts, trouble, actions));
  try {
    const told = await asDevice(enrolment, "GET", "/device");
    const used = whole(told, "lastUsedAt");
    facts.append(
      ...fact("Last used", used ? when(used) : "never"),
      ...fact("Added", when(whole(told, "createdAt") ?? 0)),
      ...fact("Woken by push", pushed(told)),
    );
  } catch (error) {
    if (!(error instanceof Failed && error.unknown)) return facts.append(...fact("Last used", "not known without a connection"));
    const text = "The server does not know this device any more: it was removed, or this device’s clock is far off.";
    trouble.say(text);
    const forget = act("Remove it from here", trouble, () => app.forgotten(enrolment).then(() => app.toDevices()), { class: "forget" });
    actions.replaceChildren(forget);
    return;
  }
  if (!(await canBeWoken(enrolment))) actions.querySelector(".wake")?.remove();
}

function known(app: App, enrolment: Enrolment, facts: HTMLElement, trouble: Trouble, actions: HTMLElement): HTMLElement[] {
  const again = () => fill(app, enrolment, facts, trouble, actions);
  const wake = act("Renew push", trouble, async () => {
    if (!(await allowed())) return trouble.say("This browser was not allowed to show notices. Requests still arrive while the app is open.");
    enrolment.pushed = "";
    if (!(await renew(enrolment))) return trouble.say("This browser’s push service did not answer. Requests still arrive while the app is open.");
    await app.kept(enrolment);
    await again();
  }, { class: "wake" });
  const key = act("Renew the key", trouble, async () => {
    await rotate(enrolment);
    await app.kept(enrolment);
    app.toDevices("This device has a new key. The old one is worth nothing now.");
  }, { class: "rotate" });
  const withdraw = button("Withdraw", () => sure(app, enrolment, trouble, actions, again), { class: "withdraw" });
  return [wake, key, withdraw];
}

function sure(app: App, enrolment: Enrolment, trouble: Trouble, actions: HTMLElement, again: () => Promise<void>): void {
  const yes = act("Yes, withdraw this device", trouble, async () => {
    await asDevice(enrolment, "DELETE", "/device");
    await app.forgotten(enrolment);
    app.toDevices("The device was withdrawn.");
  }, { class: "withdraw-now" });
  const no = button("Keep it", () => void again(), { class: "keep" });
  actions.replaceChildren(yes, no);
  yes.focus();
}

function pushed(told: unknown): string {
  return typeof own(told, "push") === "string" ? "yes" : "no";
}

function fact(name: string, value: string): HTMLElement[] {
  return [el("dt", {}, name), el("dd", {}, value)];
}

function when(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
