// Web Push: a nudge that something waits, and nothing of what it is.
import { asDevice } from "./api";
import { fromBase64 } from "./base64";
import type { Enrolment } from "./store";

const WORKER = "/device/sw.js";
const SCOPE = "/device/";
export const WEB_PUSH = "web_push";

interface Policy {
  createScriptURL(url: string): string;
}
interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

let registered: Promise<ServiceWorkerRegistration | undefined> | undefined;

/** The shell that works offline, and what push wakes; undefined: this browser has none. */
export function worker(): Promise<ServiceWorkerRegistration | undefined> {
  registered ??= register().catch(() => undefined);
  return registered;
}

async function register(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  // the one script that this page may name by itself (Trusted Types)
  const { trustedTypes } = window as { trustedTypes?: Factory };
  const only: Policy = { createScriptURL: () => WORKER };
  const policy = trustedTypes?.createPolicy("device-worker", only) ?? only;
  const options = { scope: SCOPE, updateViaCache: "none" } as const;
  return navigator.serviceWorker.register(policy.createScriptURL(WORKER), options);
}

/** Whether this browser can be woken; it may still have to ask the person. */
export async function canBeWoken(enrolment: { pushKey: string }): Promise<boolean> {
  if (!enrolment.pushKey || !("PushManager" in window) || !("Notification" in window)) return false;
  return Notification.permission !== "denied" && (await worker()) !== undefined;
}

/** Asks the person where they were not asked before. Must follow a press. */
export async function allowed(): Promise<boolean> {
  return (await Notification.requestPermission()) === "granted";
}

/** The address to wake this browser at, as the server keeps it; empty: there is none. */
export async function address(pushKey: string): Promise<string> {
  const registration = await worker();
  if (!registration || !pushKey || Notification.permission !== "granted") return "";
  const key = fromBase64(pushKey);
  const held = await registration.pushManager.getSubscription();
  if (held && !same(held.options.applicationServerKey, key)) await held.unsubscribe();
  await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = await registration.pushManager.subscribe(options);
  const { endpoint, keys } = subscription.toJSON();
  return JSON.stringify({ endpoint, keys });
}

/** Tells the server where, if that is news to it. Answers whether this browser is woken now. */
export async function renew(enrolment: Enrolment): Promise<boolean> {
  const there = await address(enrolment.pushKey).catch(() => "");
  if (there && there !== enrolment.pushed) {
    const body = { transport: WEB_PUSH, address: there };
    await asDevice(enrolment, "PUT", "/device/push", { body });
    enrolment.pushed = there;
  }
  return there !== "";
}

/** Notices of what has been answered since. */
export async function clearNotices(): Promise<void> {
  for (const notice of (await (await worker())?.getNotifications()) ?? []) notice.close();
}

function same(held: ArrayBuffer | null, key: Uint8Array): boolean {
  const octets = new Uint8Array(held ?? new ArrayBuffer(0));
  return octets.length === key.length && octets.every((one, at) => one === key[at]);
}
