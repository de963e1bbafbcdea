// What somebody sees who has logged in.
import type { Bank, Screen } from "../parts/bank";
import type { Kind } from "../parts/config";
import { button, el } from "../../shared/dom";
import { waiting } from "../parts/form";
import { changeScreen } from "./change";
import { askCode } from "./code";
import { addDevice, stepUpOnDevice } from "./device";

export function homeScreen(bank: Bank, notice = ""): Screen {
  return {
    name: "home",
    title: `${greeting(bank.parts.clock.now())}, ${bank.person?.name ?? "customer"}`,
    nodes: [
      ...(notice ? [el("p", { class: "notice", role: "status", id: "notice" }, notice)] : []),
      account(),
      security(bank),
      actions(bank),
    ],
  };
}

function greeting(now: number): string {
  const hour = new Date(now).getHours();
  if (hour < 5 || hour >= 18) return "Good evening";
  return hour < 12 ? "Good morning" : "Good afternoon";
}

/** For the looks: accounts come later. */
function account(): HTMLElement {
  return el(
    "section",
    { class: "account", "aria-label": "Current account" },
    el("p", {}, "Current account"),
    el("p", { class: "balance" }, "€ 2,480.15"),
    el("p", { class: "fine" }, "A sample figure: this sandbox keeps no money."),
  );
}

function security(bank: Bank): HTMLElement {
  const { session, person } = bank;
  const phone = person?.enrolled ? `${person.phone}, enrolled` : "not enrolled yet";
  return el(
    "dl",
    { class: "facts" },
    ...fact("Logged in with", session.kind),
    ...fact("Phone", phone),
    ...fact("This session", session.steppedUp ? "stepped up, until it ends" : "one factor proved"),
  );
}

function fact(name: string, value: string): HTMLElement[] {
  return [el("dt", {}, name), el("dd", {}, value)];
}

function actions(bank: Bank): HTMLElement {
  const enrolled = bank.person?.enrolled ?? false;
  const first = bank.session.steppedUp ? "The session is stepped up" : "Needs step-up";
  const list = el("div", { class: "tiles" });
  if (!enrolled) list.append(tile("Enrol this phone", "A code by SMS", "enrol", enrol(bank), true));
  list.append(
    tile("Step up", enrolled ? "Prove the phone" : "Enrol the phone first", "step-up", stepUp(bank), enrolled),
    tile("Add a device", "A key that only you can use", "add-device", () => addDevice(bank), enrolled),
    tile("Approve on your device", "Fingerprint, face or lock", "push-step-up", () => stepUpOnDevice(bank), enrolled),
    tile("Change password", first, "change-password", change(bank, "password"), enrolled),
  );
  if (bank.kinds.includes("passcode")) {
    list.append(tile("Set a passcode", first, "set-passcode", change(bank, "passcode"), enrolled));
  }
  list.append(tile("Pay", "Not part of this example", "pay", async () => {}, false));
  return list;
}

function tile(
  name: string,
  hint: string,
  id: string,
  act: () => Promise<void>,
  usable: boolean,
): HTMLButtonElement {
  const made: HTMLButtonElement = button("", () => void waiting(made, act), {
    id,
    class: "tile",
    disabled: !usable,
  });
  made.append(el("strong", {}, name), el("span", {}, hint));
  return made;
}

function enrol(bank: Bank) {
  return () => askCode(bank, "enrol", () => homeScreen(bank, "The phone is enrolled."));
}

function stepUp(bank: Bank) {
  return () => askCode(bank, "step-up", () => homeScreen(bank, "This session is stepped up."));
}

/** Asks for the second factor first where the session has not proved it. */
function change(bank: Bank, kind: Kind) {
  return async () => {
    if (bank.session.steppedUp) bank.show(changeScreen(bank, kind));
    else await askCode(bank, "step-up", () => changeScreen(bank, kind));
  };
}
