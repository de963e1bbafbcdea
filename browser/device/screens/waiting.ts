// Nothing waits, or nobody knows this browser yet.
import { button, el } from "../../shared/dom";
import type { App } from "../parts/app";
import { show } from "../parts/place";

export function waitingScreen(app: App, notice = "", focus = true): void {
  const told = notice ? [el("p", { class: "notice", role: "status", id: "notice" }, notice)] : [];
  if (!app.enrolments.length) {
    const text = "This browser is nobody’s device yet. Once it is, requests to approve arrive here.";
    const add = button("Add this device", () => app.toAdd(), { class: "primary", id: "to-add" });
    return show({ name: "waiting", title: "Welcome", nodes: [...told, el("p", {}, text), el("div", { class: "actions" }, add)] }, focus);
  }
  const names = app.enrolments.map((one) => el("li", {}, el("strong", {}, one.programme.name), ` as “${one.name}”`));
  show(
    {
      name: "waiting",
      title: "Nothing to approve",
      nodes: [
        ...told,
        el("div", { class: "calm", "aria-hidden": "true" }),
        el("p", {}, "Requests appear here by themselves. Approve only what you started."),
        el("ul", { class: "names", "aria-label": "Listening for" }, ...names),
      ],
    },
    focus,
  );
}
