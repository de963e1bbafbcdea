// The service worker: the app's own files for when there is no connection, and what push wakes.
// It keeps no answer of the API: what was asked once is worth nothing later.

interface Shell {
  /** Changes with any of the files. */
  name: string;
  page: string;
  files: string[];
}

// what a worker has, as far as it is used here: the library of types has either pages or workers
interface Extended extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetched extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Clicked extends Extended {
  notification: Notification;
}
interface Window_ {
  url: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
interface Around {
  registration: ServiceWorkerRegistration;
  clients: {
    claim(): Promise<void>;
    matchAll(options: object): Promise<Window_[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate" | "push", heard: (event: Extended) => void): void;
  addEventListener(type: "notificationclick", heard: (event: Clicked) => void): void;
  addEventListener(type: "fetch", heard: (event: Fetched) => void): void;
}

const around = self as unknown as Around;
const PREFIX = "device-";
const NOTICE = {
  body: "Open the app to see it. Approve only what you started yourself.",
  tag: "request",
  renotify: true,
  requireInteraction: true,
  icon: "/device/icon-192.png",
  badge: "/device/icon-192.png",
};

serve("__ASSENT_SHELL__" as unknown as Shell);

function serve(shell: Shell): void {
  const cacheName = PREFIX + shell.name;
  const kept = [shell.page, ...shell.files];

  async function install(): Promise<void> {
    const cache = await caches.open(cacheName);
    await cache.addAll(kept);
    await around.skipWaiting();
  }

  async function activate(): Promise<void> {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(PREFIX) && name !== cacheName);
    await Promise.all(old.map((name) => caches.delete(name)));
    await around.clients.claim();
  }

  /** The page as the server has it now; the kept one only where there is no server. */
  async function page(request: Request): Promise<Response> {
    try {
      return await fetch(request);
    } catch (error) {
      const held = await caches.match(shell.page, { cacheName });
      if (held) return held;
      throw error;
    }
  }

  /** Named after their content, so that the kept one is as good. */
  async function file(request: Request, path: string): Promise<Response> {
    return (await caches.match(path, { cacheName })) ?? fetch(request);
  }

  around.addEventListener("install", (event) => event.waitUntil(install()));
  around.addEventListener("activate", (event) => event.waitUntil(activate()));
  around.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== location.origin) return;
    if (request.mode === "navigate" && url.pathname === shell.page) event.respondWith(page(request));
    else if (shell.files.includes(url.pathname)) event.respondWith(file(request, url.pathname));
  });
}

async function windows(): Promise<Window_[]> {
  return around.clients.matchAll({ type: "window", includeUncontrolled: true });
}

async function woken(): Promise<void> {
  for (const one of await windows()) one.postMessage("look");
  await around.registration.showNotification("A request waits", NOTICE);
}

async function clicked(notification: Notification): Promise<void> {
  notification.close();
  const [open] = (await windows()).filter((one) => new URL(one.url).pathname === "/device/");
  if (open) await open.focus();
  else await around.clients.openWindow("/device/");
}

around.addEventListener("push", (event) => event.waitUntil(woken()));
around.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event.notification)));
