// The reference device app: a person's browser as the thing they approve with.
import { announce } from "../shared/announce";
import { button, byId, el, tell } from "../shared/dom";
import { takePlace } from "./parts/alone";
import type { App } from "./parts/app";
import { takeToken } from "./parts/link";
import { show, shown } from "./parts/place";
import { clearNotices, renew, worker } from "./parts/push";
import { type Enrolment, Store } from "./parts/store";
import { type Waits, Waiting } from "./parts/waiting";
import { isClosed } from "./parts/words";
import { addScreen } from "./screens/add";
import { devicesScreen } from "./screens/devices";
import { requestScreen } from "./screens/request";
import { waitingScreen } from "./screens/waiting";

const RETRY_MS = 2_000;
/** Screens that show requests. */
const HERE = ["", "waiting", "request"];

class Device implements App {
  readonly store: Store;
  readonly waiting = new Waiting(() => this.#changed());
  readonly framed = window.parent !== window;
  enrolments: Enrolment[];
  #fetching = false;

  constructor(store: Store, enrolments: Enrolment[]) {
    this.store = store;
    this.enrolments = enrolments;
    byId("to-waiting").addEventListener("click", () => this.toWaiting());
    byId("to-devices").addEventListener("click", () => this.toDevices());
    for (const event of ["online", "offline", "pageshow"]) {
      window.addEventListener(event, () => this.waiting.look());
    }
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.waiting.look();
    });
    navigator.serviceWorker?.addEventListener("message", () => this.waiting.look());
  }

  start(): void {
    // not before: a link that is opened meanwhile is found below, and would be gone by then
    window.addEventListener("hashchange", () => this.#opened());
    this.waiting.listen(this.enrolments);
    for (const enrolment of this.enrolments) void this.#renewPush(enrolment);
    if (!this.#opened()) this.toWaiting();
  }

  async added(enrolment: Enrolment): Promise<void> {
    await this.store.put(enrolment);
    await navigator.storage?.persist?.().catch(() => false);
    await this.#reload();
  }

  async kept(enrolment: Enrolment): Promise<void> {
    await this.store.put(enrolment);
  }

  async forgotten(enrolment: Enrolment): Promise<void> {
    await this.store.remove(enrolment.device);
    await this.#reload();
  }

  toWaiting(notice = ""): void {
    const first = this.waiting.all()[0];
    this.#here("to-waiting");
    if (first) void this.#fetch(first);
    else waitingScreen(this, notice);
  }

  toDevices(notice = ""): void {
    this.#here("to-devices");
    devicesScreen(this, notice);
    this.#showArrived();
  }

  toAdd(): void {
    this.#here("to-devices");
    addScreen(this);
    this.#showArrived();
  }

  stop(): void {
    this.waiting.listen([]);
  }

  #opened(): boolean {
    const token = takeToken();
    if (token !== undefined) addScreen(this, token);
    return token !== undefined;
  }

  async #reload(): Promise<void> {
    this.enrolments = await this.store.all();
    this.waiting.listen(this.enrolments);
  }

  async #renewPush(enrolment: Enrolment): Promise<void> {
    if (!enrolment.pushed) return;
    const before = enrolment.pushed;
    await renew(enrolment).catch(() => false);
    if (enrolment.pushed !== before) await this.kept(enrolment);
  }

  /** Requests came or went, or a connection did. A screen that somebody is using stays: they are
   * told, and go there themselves. */
  #changed(): void {
    this.#showLinks();
    const first = this.waiting.all()[0];
    if (first && shown() === "waiting") void this.#fetch(first);
    this.#showArrived();
    if (!first && !this.waiting.offline) void clearNotices();
  }

  #showArrived(): void {
    const place = byId("arrived");
    const leads = document.querySelector("#done[data-next]"); // to a request that was there before
    const elsewhere = this.waiting.all().length > 0 && !HERE.includes(shown()) && !leads;
    if (elsewhere && place.hidden) announce("A request waits.");
    place.hidden = !elsewhere;
    if (elsewhere && !place.childElementCount) {
      place.replaceChildren("A request waits. ", button("Show it", () => this.toWaiting(), { id: "show-it" }));
    }
  }

  async #fetch(waits: Waits): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    byId("arrived").hidden = true;
    try {
      await requestScreen(this, waits);
    } catch (error) {
      const gone = isClosed(error);
      if (gone) this.waiting.drop(waits.enrolment.device, waits.id);
      if (shown() !== "waiting") waitingScreen(this);
      if (!gone) setTimeout(() => this.#changed(), RETRY_MS);
    } finally {
      this.#fetching = false;
    }
  }

  #showLinks(): void {
    const links = this.enrolments.map((one) => this.waiting.link(one.device));
    const worst = (["offline", "unknown", "connecting", "listening"] as const).find((one) => links.includes(one));
    const place = byId("connection");
    place.dataset["link"] = worst ?? "none";
    const words = {
      offline: "No connection. Nothing that is shown here can be answered until there is one; trying again.",
      unknown: "A device of this browser is not known to its server any more. See Devices.",
      connecting: "Connecting.",
      listening: "",
      none: "",
    };
    tell(place, words[worst ?? "none"]);
  }

  #here(id: string): void {
    for (const one of ["to-waiting", "to-devices"]) {
      if (one === id) byId(one).setAttribute("aria-current", "page");
      else byId(one).removeAttribute("aria-current");
    }
  }
}

async function start(): Promise<void> {
  const own = document.documentElement.dataset["origin"];
  if (own && own !== location.origin) return otherAddress(own);
  void worker();
  const store = await Store.open();
  const device = new Device(store, await store.all());
  await takePlace(() => {
    device.stop();
    elsewhere();
  });
  device.start();
}

/** Keys belong to an address, and the server takes signatures of its own alone. */
function otherAddress(own: string): void {
  const link = el("a", { href: `${own}/device/` }, `${own}/device/`);
  show({ name: "other-address", title: "Open this app at its own address", nodes: [el("p", {}, link)] }, false);
}

function elsewhere(): void {
  const here = button("Use it here", () => location.reload(), { class: "primary", id: "use-here" });
  const text = "The app is open in another window, and shows your requests there.";
  show({ name: "elsewhere", title: "Open elsewhere", nodes: [el("p", {}, text), el("div", { class: "actions" }, here)] });
}

start().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : "";
  const text = "This browser does not let the app keep its keys. Private windows often do not.";
  show({ name: "broken", title: "The app cannot start", nodes: [el("p", {}, text), el("p", { class: "fine" }, reason)] });
});
