// What came of a request. Nothing of it is kept on this device.
import { button, el } from "../../shared/dom";
import type { App } from "../parts/app";
import { show } from "../parts/place";
import { clearNotices } from "../parts/push";
import type { Enrolment } from "../parts/store";

export type Outcome = "approved" | "declined" | "not-me" | "closed";

export function outcomeScreen(app: App, { programme }: Enrolment, outcome: Outcome, why = ""): void {
  const said: Record<Outcome, [string, string]> = {
    approved: ["Approved", `${programme.name} has your signed answer.`],
    declined: ["Declined", `${programme.name} was told. Nothing was approved.`],
    "not-me": [
      "Stopped",
      `${programme.name} was told that it was not you. Somebody may know your password: change it now, and get in touch with ${programme.name}.`,
    ],
    closed: ["Not approved", why],
  };
  const [title, text] = said[outcome];
  const more = app.waiting.all().length > 0;
  const named = { class: "primary", id: "done", "data-next": more };
  const next = button(more ? "Next request" : "Done", () => app.toWaiting(), named);
  show({
    name: "outcome",
    title,
    nodes: [
      el("p", { class: `outcome ${outcome}`, "data-outcome": outcome }, text),
      el("div", { class: "actions" }, next),
    ],
  });
  if (!more) void clearNotices();
}
