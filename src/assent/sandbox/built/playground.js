"use strict";
(() => {
  // playground/parts/api.ts
  var Api = class {
    #config;
    #shown;
    constructor(config, shown) {
      this.#config = config;
      this.#shown = shown;
    }
    /** The Multi API. In a product the bank's server makes these calls: it alone has the key. */
    multi(method, path, body, bearer = "") {
      const headers = { "api-key": this.#config.programme.api_key };
      if (bearer) headers["authorization"] = `Bearer ${bearer}`;
      return this.#call(method, `/multi${path}`, headers, body, false);
    }
    /** The Device API, for the person in their session. */
    device(method, path, bearer) {
      const key = { "api-key": this.#config.programme.api_key };
      const headers = { ...key, authorization: `Bearer ${bearer}` };
      return this.#call(method, `/device/v1${path}`, headers, void 0, false);
    }
    sandbox(method, path, body) {
      const headers = { "sandbox-key": this.#config.sandbox_key };
      return this.#call(method, `/sandbox${path}`, headers, body, true);
    }
    async #call(method, path, headers, body, sandbox) {
      const sent = body === void 0 ? void 0 : JSON.stringify(body);
      if (sent !== void 0) headers["content-type"] = "application/json";
      const began = performance.now();
      const { status, text, again } = await exchange(method, path, headers, sent);
      const milliseconds = performance.now() - began;
      this.#shown({ method, path, sandbox, headers, sent, status, received: text, milliseconds });
      return { status, body: parsed(text), again };
    }
  };
  async function exchange(method, path, headers, sent) {
    try {
      const answer = await fetch(path, { method, headers, body: sent ?? null, cache: "no-store" });
      const text = await answer.text();
      const again = Number(answer.headers.get("retry-after") ?? answer.headers.get("x-ratelimit-reset"));
      return { status: answer.status, text, again: again || void 0 };
    } catch {
      return { status: 0, text: "", again: void 0 };
    }
  }
  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return void 0;
    }
  }
  function at(body, ...path) {
    let value = body;
    for (const name of path) {
      if (typeof value !== "object" || value === null) return void 0;
      value = value[name];
    }
    return value;
  }
  function textAt(body, ...path) {
    const value = at(body, ...path);
    return typeof value === "string" ? value : "";
  }
  function isOk(answer) {
    return answer.status >= 200 && answer.status < 300;
  }

  // shared/dom.ts
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== void 0 && value !== false) node.setAttribute(name, String(value));
    }
    node.append(...children.filter((child) => child instanceof Node || Boolean(child)));
    return node;
  }
  function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`The page has no #${id}.`);
    return found;
  }
  function button(text, press, attributes = {}) {
    return el("button", { type: "button", click: press, ...attributes }, text);
  }
  function tell(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  // playground/parts/session.ts
  var IDLE_MS = 3e5;
  var Session = class {
    #clock;
    #used = 0;
    token = "";
    /** What the person logged in with. */
    kind = "password";
    steppedUp = false;
    /** Opened by a password that has expired: it may change that and nothing else. */
    renewal = false;
    constructor(clock) {
      this.#clock = clock;
    }
    get open() {
      return this.token !== "";
    }
    begin(token, kind, steppedUp = false, renewal = false) {
      this.token = token;
      this.kind = kind;
      this.steppedUp = steppedUp;
      this.renewal = renewal;
      this.used(this.#clock.now());
    }
    end() {
      this.token = "";
      this.steppedUp = false;
      this.renewal = false;
    }
    /** A call was made with the bearer: the five minutes begin anew. */
    used(when) {
      this.#used = Math.max(this.#used, when);
    }
    /** Milliseconds; below zero the server has forgotten the session. */
    left() {
      return IDLE_MS - (this.#clock.now() - this.#used);
    }
  };

  // playground/parts/bank.ts
  var Bank = class {
    session;
    parts;
    /** Remembered for as long as the page is open; no secret is. */
    person = null;
    /** What was last typed or signed up with. */
    email = "";
    #screen = null;
    #over = () => {
    };
    constructor(parts) {
      this.parts = parts;
      this.session = new Session(parts.clock);
    }
    get kinds() {
      return this.parts.settings.credentials ?? ["password"];
    }
    /** With the api-key alone. */
    async open(path, body) {
      const answer = await this.parts.api.multi("POST", path, body);
      this.parts.sent();
      return answer;
    }
    /** With the person's bearer as well: the session's five minutes begin anew. */
    call(method, path, body) {
      return this.#spoken((token) => this.parts.api.multi(method, path, body, token));
    }
    /** The same with the Device API. */
    device(method, path) {
      return this.#spoken((token) => this.parts.api.device(method, path, token));
    }
    async #spoken(speak) {
      const { token } = this.session;
      if (!token) return { status: 401, body: void 0, again: void 0 };
      const began = this.parts.clock.now();
      const answer = await speak(token);
      if (this.session.token !== token) return answer;
      if (answer.status === 401) this.#ended();
      else if (answer.status !== 0) this.session.used(began);
      this.parts.sent();
      return answer;
    }
    /** Mail to that address arrives on the phone from now on. Whose phone it is shows at log-in. */
    expectMail(email) {
      this.email = email;
      if (this.person?.email !== email) this.person = { id: "", name: "", email, phone: "", enrolled: false };
    }
    /** Who this is, and whether their phone is enrolled. */
    async look() {
      const consumer = await this.call("GET", "/consumers");
      if (!isOk(consumer)) return consumer;
      const root = at(consumer.body, "rootUser");
      this.person = {
        id: textAt(root, "id", "id"),
        name: textAt(root, "name"),
        email: textAt(root, "email"),
        phone: textAt(root, "mobile", "countryCode") + textAt(root, "mobile", "number"),
        enrolled: false
      };
      this.email = this.person.email;
      const factors = await this.call("GET", "/authentication_factors");
      const list = at(factors.body, "factors");
      this.person.enrolled = Array.isArray(list) && list.some((one) => at(one, "status") === "ACTIVE");
      return factors;
    }
    /** What to do when a session is over that nobody has logged out. */
    whenOver(show) {
      this.#over = show;
    }
    #ended() {
      const idle = this.session.left() < 0;
      if (idle) this.parts.tour.done("wait");
      this.signedOut(idle ? "The session was idle for five minutes." : "The server has ended the session.");
    }
    signedOut(reason) {
      this.session.end();
      this.#over(reason);
    }
    show(screen) {
      const first = this.#screen === null;
      this.#screen?.gone?.();
      this.#screen = screen;
      const title = el("h2", { tabindex: -1 }, screen.title);
      const place = byId("screen");
      place.dataset["screen"] = screen.name;
      place.replaceChildren(title, ...screen.nodes);
      if (!first) title.focus();
      screen.shown?.();
    }
  };

  // shared/announce.ts
  function announce(text) {
    const region = byId("announcements");
    tell(region, "");
    setTimeout(() => tell(region, text), 50);
  }

  // shared/copy.ts
  async function copy(text, pressed) {
    const done2 = await write(text);
    const label = pressed.textContent ?? "";
    if (pressed.dataset["label"]) return;
    pressed.dataset["label"] = label;
    pressed.textContent = done2 ? "Copied" : "Not copied";
    announce(done2 ? "Copied." : "The browser did not allow copying.");
    setTimeout(() => {
      pressed.textContent = label;
      delete pressed.dataset["label"];
    }, 1500);
  }
  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return writeFromField(text);
    }
  }
  function writeFromField(text) {
    const before = document.activeElement;
    const field2 = el("textarea", { class: "unseen", readonly: true });
    field2.value = text;
    document.body.append(field2);
    field2.select();
    const done2 = document.execCommand("copy");
    field2.remove();
    if (before instanceof HTMLElement) before.focus();
    return done2;
  }

  // playground/parts/curl.ts
  function curl(call, origin) {
    const parts = ["curl -sS -i"];
    const usual = call.sent === void 0 ? "GET" : "POST";
    if (call.method !== usual) parts.push(`-X ${call.method}`);
    parts.push(quoted(`${origin}${call.path}`));
    for (const [name, value] of Object.entries(call.headers)) {
      parts.push(`-H ${quoted(`${name}: ${value}`)}`);
    }
    if (call.sent !== void 0) parts.push(`--data-raw ${quoted(call.sent)}`);
    return parts.join(" \\\n  ");
  }
  function quoted(text) {
    return `'${text.replaceAll("'", `'\\''`)}'`;
  }

  // playground/parts/calls.ts
  var MOST = 200;
  var Calls = class {
    #list = byId("calls");
    /** The sandbox's own, by what they ask: the same one again only counts up. */
    #sandbox = /* @__PURE__ */ new Map();
    constructor() {
      byId("clear-calls").addEventListener("click", () => this.#clear());
      byId("show-sandbox").addEventListener("change", (event) => {
        this.#list.toggleAttribute("data-sandbox", event.target.checked);
      });
    }
    add = (call) => {
      if (call.sandbox) this.#addSandbox(call);
      else this.#put(new Row(call).node);
    };
    /** Something that the page cannot see, and so is no call of its own. */
    note(tokens) {
      const names = Object.entries(tokens).map(([name, token]) => `${name}: ${token.slice(0, 10)}…`);
      const text = "Typed into a frame, not seen by this page. It got ";
      const lock = el("span", { class: "lock", "aria-hidden": "true" });
      this.#put(el("li", { class: "note" }, lock, el("span", {}, text, el("code", {}, names.join(", ")))));
    }
    #addSandbox(call) {
      const key = `${call.method} ${call.path} ${call.status}`;
      const before = call.method === "GET" ? this.#sandbox.get(key) : void 0;
      if (before) return before.again(call);
      const made = new Row(call);
      this.#sandbox.set(key, made);
      this.#put(made.node);
    }
    #put(node) {
      this.#list.prepend(node);
      while (this.#list.children.length > MOST) this.#list.lastElementChild?.remove();
      this.#list.parentElement?.toggleAttribute("data-some", this.#shown());
    }
    #shown() {
      return this.#list.querySelector(":scope > li:not(.sandbox)") !== null;
    }
    #clear() {
      this.#sandbox.clear();
      this.#list.replaceChildren();
      this.#list.parentElement?.removeAttribute("data-some");
    }
  };
  var Row = class {
    node;
    #call;
    #times = 1;
    #count = el("span", { class: "times" });
    constructor(call) {
      this.#call = call;
      const details2 = el("details", {}, summary(call, this.#count));
      const fill3 = () => details2.append(...inside(this.#call));
      details2.addEventListener("toggle", fill3, { once: true });
      const name = call.sandbox ? "call sandbox" : "call";
      const data = { "data-path": call.path, "data-status": call.status };
      this.node = el("li", { class: name, ...data }, details2);
    }
    /** What is inside is the latest until somebody looks. */
    again(call) {
      this.#call = call;
      this.#times += 1;
      tell(this.#count, `×${this.#times}`);
    }
  };
  function summary(call, count) {
    return el(
      "summary",
      {},
      el("span", { class: "method", "data-method": call.method }, call.method),
      el("span", { class: "path", title: call.path }, call.path),
      count,
      el("span", { class: "status", "data-class": Math.floor(call.status / 100) }, statusText(call)),
      el("span", { class: "took" }, `${Math.max(1, Math.round(call.milliseconds))} ms`)
    );
  }
  function statusText(call) {
    return call.status ? String(call.status) : "no answer";
  }
  function inside(call) {
    const copies = button("Copy as curl", () => void copy(curl(call, location.origin), copies), {
      class: "copy-curl"
    });
    const request = [`${call.method} ${call.path}`, ...Object.entries(call.headers).map(line)];
    const received = pretty(call.received);
    return [
      el("div", { class: "part" }, el("h3", {}, "Request"), copies),
      block([...request, ...call.sent ? ["", pretty(call.sent)] : []].join("\n"), "Request"),
      el("div", { class: "part" }, el("h3", {}, "Response"), el("span", {}, statusText(call))),
      received ? block(received, "Response") : el("p", { class: "hint" }, "No body.")
    ];
  }
  function line([name, value]) {
    return `${name}: ${value}`;
  }
  function pretty(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  function block(text, label) {
    const parts = text.split(/(cap_[0-9A-Za-z]{39})/);
    const nodes = parts.map(
      (part, index) => index % 2 ? el("mark", { title: "A single-use token in place of the secret" }, part) : part
    );
    return el("pre", { tabindex: 0, role: "group", "aria-label": label }, ...nodes);
  }

  // playground/parts/clock.ts
  var Clock = class {
    #api;
    #ahead = 0;
    #listeners = [];
    constructor(api) {
      this.#api = api;
      setInterval(() => this.#tick(), 250);
    }
    /** Milliseconds since 1970. */
    now() {
      return Date.now() + this.#ahead;
    }
    /** Calls back four times a second, and at once when the clock is moved. */
    onTick(listener) {
      this.#listeners.push(listener);
    }
    async look() {
      const began = Date.now();
      this.#read(await this.#api.sandbox("GET", "/clock"), began);
    }
    /** Forward; there is no way back. */
    async advance(seconds) {
      const began = Date.now();
      return this.#read(await this.#api.sandbox("POST", "/clock", { advance_seconds: seconds }), began);
    }
    #read(answer, began) {
      const now = at(answer.body, "now");
      if (!isOk(answer) || typeof now !== "number") return false;
      this.#ahead = now - (began + Date.now()) / 2;
      this.#tick();
      return true;
    }
    #tick() {
      for (const listener of this.#listeners) listener();
    }
  };

  // playground/parts/form.ts
  var ids = 0;
  function field(label, attributes, hint = "") {
    const id = typeof attributes["id"] === "string" ? attributes["id"] : `field-${++ids}`;
    const input = el("input", { type: "text", required: true, ...attributes, id });
    const note = hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null;
    if (note) input.setAttribute("aria-describedby", note.id);
    return { node: el("div", { class: "field" }, el("label", { for: id }, label), input, note), input };
  }
  function form(parts, send) {
    const place = el("div", { class: "problem", role: "alert" });
    const submit = el("button", { type: "submit", class: "primary" }, parts.submit);
    const actions2 = el("div", { class: "actions" }, submit, ...parts.others ?? []);
    const node = el("form", { id: parts.id }, ...parts.fields, place, actions2);
    const problem = (words) => {
      place.replaceChildren(...words ? wordsOf(words) : []);
    };
    node.addEventListener("submit", (event) => {
      event.preventDefault();
      void waiting(submit, async () => {
        problem(null);
        problem(await send());
      });
    });
    return { node, problem };
  }
  function wordsOf(words) {
    return [el("strong", {}, words.what), document.createTextNode(` ${words.next}`)];
  }
  async function waiting(pressed, act) {
    if (pressed.getAttribute("aria-busy") === "true") return;
    pressed.setAttribute("aria-busy", "true");
    try {
      await act();
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  }

  // playground/parts/clockbar.ts
  var DAY = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric"
  });
  var TIME = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23"
  });
  function startClockBar(clock, moved) {
    clock.onTick(() => {
      tell(byId("clock-day"), DAY.format(clock.now()));
      tell(byId("clock-time"), TIME.format(clock.now()));
    });
    for (const pressed of document.querySelectorAll("[data-advance]")) {
      pressed.addEventListener("click", () => {
        void waiting(pressed, () => move(clock, pressed, moved));
      });
    }
  }
  async function move(clock, pressed, moved) {
    const done2 = await clock.advance(Number(pressed.dataset["advance"]));
    announce(done2 ? `The clock was moved: ${pressed.textContent}.` : "The clock could not be moved.");
    if (done2) moved();
  }
  function shortTime(when) {
    return TIME.format(when).slice(0, 5);
  }

  // playground/parts/config.ts
  async function loadConfig() {
    const answer = await fetch("/playground/config.json");
    if (!answer.ok) throw new Error(`The server answered ${answer.status} to config.json.`);
    return await answer.json();
  }

  // playground/parts/device-app.ts
  var HOME = "/device/";
  function frame() {
    return byId("device-app");
  }
  function startDeviceApp() {
    byId("show-messages").addEventListener("click", () => showMessages());
    byId("show-app").addEventListener("click", () => showApp());
    const messages = new MutationObserver(() => {
      if (!frame().hidden && byId("messages").childElementCount) byId("show-messages").dataset["new"] = "";
    });
    messages.observe(byId("messages"), { childList: true });
    frame().addEventListener("load", () => watchForCode());
  }
  function showApp(fragment = "") {
    const place = frame();
    if (!place.hasAttribute("src")) place.src = HOME + fragment;
    else if (fragment && place.contentWindow) place.contentWindow.location.hash = fragment;
    turn(true);
    if (fragment) announce("The device app on the phone has the link.");
  }
  function showMessages() {
    delete byId("show-messages").dataset["new"];
    turn(false);
  }
  function fill(code) {
    const input = asked();
    if (!input) return false;
    input.value = code;
    showApp();
    input.focus();
    return true;
  }
  function turn(app) {
    frame().hidden = !app;
    byId("phone").toggleAttribute("data-app", app);
    byId("show-app").setAttribute("aria-pressed", String(app));
    byId("show-messages").setAttribute("aria-pressed", String(!app));
  }
  function asked() {
    const found = frame().contentDocument?.getElementById("code");
    return found ? found : void 0;
  }
  function watchForCode() {
    const page = frame().contentDocument;
    if (!page?.body) return;
    const look = () => frame().toggleAttribute("data-code", asked() !== void 0);
    new MutationObserver(look).observe(page.body, { childList: true, subtree: true });
    look();
  }

  // playground/parts/phone.ts
  var EVERY_MS = 1e3;
  var KINDS = {
    sms: "SMS",
    whatsapp: "WhatsApp",
    voice: "Call",
    authy: "Authy app"
  };
  var Phone = class {
    #api;
    #seen = /* @__PURE__ */ new Set();
    #number = "";
    #email = "";
    #looking = false;
    #again = false;
    constructor(api, clock) {
      this.#api = api;
      clock.onTick(() => tell(byId("phone-time"), shortTime(clock.now())));
      setInterval(() => {
        if (document.visibilityState === "visible") void this.look();
      }, EVERY_MS);
      document.addEventListener("visibilitychange", () => void this.look());
    }
    /** Another person's phone shows none of the messages before. */
    belongsTo(number, email) {
      if (number === this.#number && email === this.#email) return;
      this.#number = number;
      this.#email = email;
      this.#seen.clear();
      byId("messages").replaceChildren();
      tell(byId("phone-number"), number);
      byId("phone").toggleAttribute("data-owned", number !== "" || email !== "");
    }
    async look() {
      this.#again = this.#looking;
      if (this.#looking || !(this.#number || this.#email)) return;
      this.#looking = true;
      await this.#fetch(this.#number, this.#email);
      this.#looking = false;
      if (this.#again) void this.look();
    }
    async #fetch(number, email) {
      const paths = [
        ...number ? [`/phones/${inPath(number)}/messages`] : [],
        ...email ? [`/mailboxes/${inPath(email)}/messages`] : []
      ];
      const answers = await Promise.all(paths.map((path) => this.#api.sandbox("GET", path)));
      if (number !== this.#number || email !== this.#email) return;
      const messages = answers.filter(isOk).flatMap(({ body }) => read(at(body, "messages")));
      messages.sort((one, other) => one.sentAt - other.sentAt);
      for (const message of messages) this.#show(message);
    }
    #show(message) {
      if (this.#seen.has(message.id)) return;
      this.#seen.add(message.id);
      const shown = card(message);
      if (message.challenge) shown.append(this.#answers(message.challenge));
      byId("messages").prepend(shown);
      announce(`New ${message.kind}: ${message.body}`);
    }
    /** What the vendor's app has under its question. */
    #answers(challenge) {
      const place = el("p", { class: "actions" });
      const path = `/phones/${inPath(this.#number)}/challenges/${challenge}`;
      const answer = async (word) => {
        const { status, body } = await this.#api.sandbox("POST", `${path}/${word}`, {});
        const state = status === 200 ? textAt(body, "state") : "";
        place.replaceChildren(state ? `You have ${state} this.` : "It takes no answer any more.");
      };
      place.append(
        button("Approve", () => void answer("approve"), { class: "approve" }),
        button("Decline", () => void answer("decline"), { class: "decline" })
      );
      return place;
    }
  };
  function inPath(text) {
    return encodeURIComponent(text).replaceAll("%40", "@").replaceAll("%2B", "+");
  }
  function read(list) {
    if (!Array.isArray(list)) return [];
    return list.map((one) => ({
      id: textAt(one, "id"),
      sentAt: Number(at(one, "sent_at")),
      kind: KINDS[textAt(one, "channel")] ?? "Mail",
      // the app fetches its question by the id that the message holds; people read this
      body: textAt(one, textAt(one, "challenge") ? "subject" : "body"),
      code: textAt(one, "code"),
      challenge: textAt(one, "challenge")
    }));
  }
  function card(message) {
    const head = el(
      "p",
      { class: "head" },
      el("span", { class: message.kind === "Mail" ? "mark mail" : "mark sms", "aria-hidden": "true" }),
      el("span", {}, message.kind),
      el("time", {}, shortTime(message.sentAt))
    );
    const parts = [head, el("p", { class: "body" }, message.body)];
    if (message.code) parts.push(codeActions(message.code));
    return el("li", { class: "message", "data-id": message.id, "data-code": message.code }, ...parts);
  }
  function codeActions(code) {
    const copies = button("Copy", () => void copy(code, copies), { class: "copy" });
    const uses = button("Use this code", () => fill2(code), { class: "use-code" });
    return el("p", { class: "actions" }, el("span", { class: "code" }, code), uses, copies);
  }
  function fill2(code) {
    const input = document.getElementById("code");
    if (fill(code)) return announce("The code is in the device app's form.");
    if (!(input instanceof HTMLInputElement)) return;
    input.value = code;
    input.focus();
    announce("The code is in the bank's form.");
  }

  // playground/parts/words.ts
  var CODES = {
    VERIFICATION_CODE_INVALID: ["That is not the code.", "Look at the newest SMS and try again."],
    VERIFICATION_CODE_EXPIRED: [
      "That code has expired: codes live for five minutes.",
      "Press “Send again” and use the new one."
    ],
    ONE_CHALLENGE_LIMIT_REMAINING: [
      "That is not the code, and one try is left.",
      "Read the newest SMS closely before the next one."
    ],
    CHALLENGE_LIMIT_EXCEEDED: [
      "The limit of tries or of messages is used up.",
      "Press “Send again”. If that is refused too, log out and in; after five wrong codes move the clock 30 minutes on."
    ],
    RETRY_IN_15SEC: [
      "A code was sent less than 15 seconds ago.",
      "Use that one, or wait a moment; moving the clock helps as well."
    ],
    INVALID_NONCE_OR_EMAIL: [
      "That is not the code, or it is no longer valid.",
      "Look at the newest mail and try again. After five wrong codes, start again in 30 minutes."
    ],
    STATE_INVALID: ["No code is waiting to be entered.", "Press “Send again”."],
    ALREADY_VERIFIED: ["This session is stepped up already.", "Go back, and carry on."],
    CHANNEL_NOT_REGISTERED: ["No phone is enrolled.", "Enrol the phone first."],
    CHANNEL_ALREADY_REGISTERED: ["This phone is enrolled already.", "Go back, and carry on."],
    CHANNEL_NOT_SUPPORTED: [
      "The programme has switched this channel off.",
      'Switch it on with POST /sandbox/settings {"channels": ["SMS", "BIOMETRIC"]}.'
    ],
    STEP_UP_REQUIRED: ["This needs a stepped-up session.", "Step up first, then try again."],
    ACCESS_TOKEN_REQUIRED: ["This session may not do that.", "Log out and in again."],
    PASSWORD_TOO_SHORT: ["That is too short.", "Make it longer."],
    PASSWORD_TOO_LONG: ["That is too long.", "Make it shorter."],
    PASSWORD_TOO_SIMPLE: ["That is too easy to guess.", "Choose something less usual; see the rule below the field."],
    PASSWORD_ALREADY_USED: ["You have had that one before.", "Choose a new one."],
    PASSWORD_ALREADY_CREATED: ["This person has one already.", "Log in with it."],
    PASSWORD_INCORRECT: ["The present one is wrong.", "Type it again; wrong tries are counted as at log-in."],
    PASSWORD_PROFILE_NOT_CONFIGURED_FOR_CREDENTIAL_TYPE: [
      "The programme does not take this kind of secret.",
      'Allow it with POST /sandbox/settings {"credentials": ["password", "passcode"]}.'
    ],
    ROOT_EMAIL_NOT_UNIQUE: ["Somebody has this e-mail address already.", "Log in with it, or sign up with another."],
    EMAIL_NOT_UNIQUE: ["Somebody has this e-mail address already.", "Use another."],
    MOBILE_OR_COUNTRY_CODE_INVALID: ["No phone can have that number.", "Check the country code and the number."],
    MOBILE_NUMBER_INVALID: ["That number gets no SMS.", "Use the number of a mobile."],
    MOBILE_COUNTRY_NOT_SUPPORTED: ["The programme sends nothing to that country.", "Use a number of another one."],
    TOKEN_NOT_FOUND: ["The server does not know this token.", "Type the password again."],
    TOKEN_EXPIRED: ["The token was used or is over five minutes old.", "Type the password again: each try makes a new token."]
  };
  var STATUSES = {
    0: ["The server did not answer.", "Is the sandbox still running? Start it with “make run”, then try again."],
    401: ["You are signed out.", "Log in again."],
    403: ["That is not allowed.", "Log out and in, and try again."],
    413: ["That was too long to be taken.", "Shorten it."],
    423: [
      "Log-in is blocked after too many wrong tries, also for the right password.",
      "Move the clock 30 minutes on (press “+1 hour”) and log in again."
    ],
    503: ["The server has too much to do.", "Try again in a moment."]
  };
  var FIELDS = {
    VALUE_EMPTY: ["Something is missing.", "Fill in every secure field."],
    VALUE_REFUSED: ["That cannot be a value of this field.", "Look at the rule below it, and type it again."],
    CONFIRM_MISMATCH: ["The two entries are not the same.", "Type both again."],
    NOT_READY: ["The secure fields are still loading.", "Try again in a moment."],
    CONNECTION_LOST: ["The secure fields could not reach their server.", "Is the sandbox still running?"]
  };
  function explainField(error) {
    const known = FIELDS[error.code];
    return known ? { what: known[0], next: known[1] } : { what: error.message, next: "" };
  }
  function explain(answer, doing2, kind = "password") {
    if (answer.status === 403 && doing2 === "log in") {
      return {
        what: `E-mail or ${kind} is wrong.`,
        next: "Try again. After five wrong tries log-in is blocked for 30 minutes."
      };
    }
    const code = textAt(answer.body, "errorCode");
    const known = CODES[code] ?? STATUSES[answer.status];
    if (known) return { what: known[0], next: known[1] };
    if (answer.status === 400) return invalid(answer);
    if (answer.status === 429) return tooMany(answer, doing2);
    return {
      what: `The server answered ${answer.status}${code ? ` ${code}` : ""}.`,
      next: "The call is on the right, with all it said."
    };
  }
  function tooMany(answer, doing2) {
    const [what, next] = CODES["RETRY_IN_15SEC"];
    if (doing2 === "enrol" && (answer.again ?? 60) <= 15) return { what, next };
    const minutes = Math.ceil((answer.again ?? 60) / 60);
    const far = minutes > 1 ? `in ${minutes} minutes` : "in a moment";
    return { what: "Too many tries.", next: `Try again ${far}, or move the clock forward.` };
  }
  function invalid(answer) {
    const fields = at(answer.body, "syntaxErrors", "invalidFields");
    const names = Array.isArray(fields) ? fields.map((field2) => textAt(field2, "fieldName")) : [];
    const which = names.length ? `: ${[...new Set(names)].join(", ")}` : "";
    return { what: `Some of what was sent is not valid${which}.`, next: "Mend it and try again." };
  }

  // playground/parts/secure.ts
  var STRENGTHS = ["very weak", "weak", "fair", "good", "strong"];
  var dark = matchMedia("(prefers-color-scheme: dark)");
  var sdk;
  function startSdk(uiKey) {
    sdk = window.OpcUxSecureClient;
    sdk?.init(uiKey);
    return sdk !== void 0;
  }
  var SecureFields = class {
    #form;
    #inputs = [];
    #restyle = () => this.#inputs.forEach((input) => input.update({ style: style() }));
    nodes = [];
    #places = [];
    constructor(wanted, submit) {
      if (!sdk) throw new Error("The SDK has not been loaded.");
      this.#form = sdk.form();
      for (const one of wanted) this.#add(one, submit);
      dark.addEventListener("change", this.#restyle);
    }
    #add(wanted, submit) {
      const input = this.#form.input(wanted.name, wanted.type, {
        label: wanted.label,
        placeholder: "",
        autocomplete: wanted.fresh ? "new-password" : "current-password",
        style: style()
      });
      const place = el("div", { class: "secure", id: `secure-${wanted.name}` });
      const meter = wanted.strength ? new Meter() : null;
      const label = el("span", { class: "label", click: () => input.focus() }, wanted.label);
      const head = el("div", { class: "head" }, label, meter?.node);
      const hint = wanted.hint ? el("p", { class: "hint" }, wanted.hint) : null;
      input.on("focus", () => place.classList.add("focused"));
      input.on("blur", () => place.classList.remove("focused"));
      input.on("ready", () => place.setAttribute("data-ready", ""));
      input.on("submit", submit);
      if (meter) input.on("strength", ({ id }) => meter.show(id));
      this.nodes.push(el("div", { class: "field" }, head, place, hint));
      this.#places.push(place);
      this.#inputs.push(input);
    }
    /** When the nodes are in the page: a frame loads only there. */
    mount() {
      this.#inputs.forEach((input, index) => input.mount(this.#places[index]));
    }
    tokens() {
      return new Promise((resolve) => {
        void this.#form.tokenize(resolve, (error) => resolve(explainField(error)));
      });
    }
    focus() {
      this.#inputs[0]?.focus();
    }
    clear() {
      this.#inputs.forEach((input) => input.clear());
    }
    destroy() {
      dark.removeEventListener("change", this.#restyle);
      this.#form.destroy();
    }
  };
  var Meter = class {
    #bar = el("span", { class: "bar", "aria-hidden": "true" });
    #text = el("span", { class: "text", role: "status" });
    node = el("div", { class: "strength", "data-strength": "none" }, this.#bar, this.#text);
    show(id) {
      this.node.dataset["strength"] = String(id);
      this.#text.textContent = STRENGTHS[id] ?? "";
    }
  };
  function isWords(value) {
    return typeof value.what === "string" && typeof value.next === "string";
  }
  function style() {
    const page = getComputedStyle(document.documentElement);
    const ink = page.getPropertyValue("--ink").trim();
    const muted = page.getPropertyValue("--muted").trim();
    return {
      base: {
        color: ink,
        fontFamily: "system-ui, sans-serif",
        fontSize: "16px",
        padding: "0 12px",
        "::placeholder": { color: muted }
      }
    };
  }

  // playground/parts/tour.ts
  var STEPS = [
    ["sign-up", "Sign up", "Sign up as Ada. Her password goes into frames of another origin: this page never sees it."],
    ["log-in", "Log in", "Log in with the password you chose. That is one factor: something Ada knows."],
    ["enrol", "Enrol the phone", "Press “Enrol this phone”, and use the code that arrives on the phone."],
    ["step-up", "Step up", "Press “Step up”: a second factor, something Ada has. (Enrolling has counted as one for this session.)"],
    ["device", "Add a device", "Press “Add a device”: the phone’s second app opens the link, and makes a key that only your fingerprint, face or screen lock uses."],
    ["approve", "Approve on it", "Log out and in again, then press “Approve on your device”: the app shows what it is for, and signs your answer."],
    ["change", "Change the password", "Press “Change password”. It takes a stepped-up session, and ends all the others."],
    ["wait", "Wait", "Now leave the bank alone: after five idle minutes the session ends. “+5 min” moves the clock."]
  ];
  var DONE = "That was the tour. Each call you made is among the API calls; the README has them for a shell.";
  var OWN_DEVICE = ["device", "approve"];
  var Tour = class {
    #done = /* @__PURE__ */ new Set();
    #steps;
    /** `canApprove`: whether this browser can be a device itself. */
    constructor(canApprove2) {
      this.#steps = STEPS.filter(([step]) => canApprove2 || !OWN_DEVICE.includes(step));
      byId("tour").replaceChildren(...this.#steps.map(([step, label]) => item(step, label)));
      this.#show();
    }
    done(step) {
      if (this.#done.has(step)) return;
      this.#done.add(step);
      this.#show();
    }
    #show() {
      const current = this.#steps.find(([step]) => !this.#done.has(step));
      for (const node of byId("tour").querySelectorAll("li")) {
        const step = node.dataset["step"];
        node.toggleAttribute("data-done", this.#done.has(step));
        if (step === current?.[0]) node.setAttribute("aria-current", "step");
        else node.removeAttribute("aria-current");
        const state = node.querySelector(".unseen");
        if (state instanceof HTMLElement) tell(state, this.#done.has(step) ? " (done)" : "");
      }
      tell(byId("tour-hint"), current?.[2] ?? DONE);
    }
  };
  function item(step, label) {
    const text = el("span", { class: "step-label" }, label);
    return el("li", { "data-step": step }, text, el("span", { class: "unseen" }));
  }

  // playground/parts/watch.ts
  var ASK_BELOW = 60;
  var SPOKEN = [30, 10];
  function startWatch(bank) {
    const dialog = byId("still-there");
    const watch = new Watch(bank, dialog);
    bank.parts.clock.onTick(() => watch.tick());
    byId("stay").addEventListener("click", (event) => {
      void waiting(event.currentTarget, () => watch.stay());
    });
    byId("leave").addEventListener("click", () => {
      dialog.close();
      byId("log-out").click();
    });
  }
  var Watch = class {
    #bank;
    #dialog;
    /** Asked since the last call, also if the question was put away with Escape. */
    #asked = false;
    #proving = false;
    #spoken = 0;
    constructor(bank, dialog) {
      this.#bank = bank;
      this.#dialog = dialog;
    }
    tick() {
      const { session } = this.#bank;
      const left = session.left();
      this.#showBar(session.open, Math.max(0, Math.ceil(left / 1e3)));
      if (!session.open) return this.#close();
      if (left <= -1e3) return void this.#over();
      if (left >= ASK_BELOW * 1e3) {
        this.#close();
        this.#asked = false;
        return;
      }
      this.#ask(Math.max(0, Math.ceil(left / 1e3)));
    }
    /** Any call with the bearer is a sign of life. */
    async stay() {
      await this.#bank.call("GET", "/authentication_factors");
      this.tick();
    }
    #showBar(open, seconds) {
      const bar = byId("session");
      bar.hidden = !open;
      if (!open) return;
      const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      tell(byId("session-left"), time);
      bar.toggleAttribute("data-short", seconds < ASK_BELOW);
      const badge = byId("session-level");
      tell(badge, this.#bank.session.steppedUp ? "Stepped up" : "One factor");
      badge.toggleAttribute("data-stepped-up", this.#bank.session.steppedUp);
    }
    #ask(seconds) {
      tell(byId("still-there-left"), String(seconds));
      if (!this.#asked) {
        this.#asked = true;
        this.#spoken = ASK_BELOW;
        this.#dialog.showModal();
      }
      const due = SPOKEN.find((one) => seconds <= one && one < this.#spoken);
      if (due === void 0) return;
      this.#spoken = due;
      announce(`${seconds} seconds left of the session.`);
    }
    #close() {
      if (this.#dialog.open) this.#dialog.close();
    }
    /** The server has the last word, and is asked when a call can no longer keep the session alive. */
    async #over() {
      if (this.#proving) return;
      this.#proving = true;
      this.#close();
      const { status } = await this.#bank.call("GET", "/authentication_factors");
      if (status === 0) this.#bank.signedOut("The server did not answer.");
      this.#proving = false;
    }
  };

  // playground/screens/secret-fields.ts
  var TYPES = {
    password: ["password", "confirmPassword"],
    passcode: ["passCode", "confirmPassCode"]
  };
  function presentSecret(name, kind, label, submit) {
    return new SecureFields([{ name, type: TYPES[kind][0], label }], submit);
  }
  function newSecret(bank, name, kind, label, submit) {
    const [type, confirm] = TYPES[kind];
    const wanted = [
      { name, type, label, fresh: true, strength: kind === "password", hint: rule(bank, kind) },
      { name: `${name}Again`, type: confirm, label: `${label}, again`, fresh: true }
    ];
    return new SecureFields(wanted, submit);
  }
  function rule(bank, kind) {
    const { password_profile: profile, passcode_digits: digits } = bank.parts.settings;
    if (kind === "passcode") return `${digits ?? 4} digits; not the same four times, not a row like 1234.`;
    return profile === "weavr" ? "8 to 30 characters: a capital and a small letter, a digit and a special character." : "15 to 100 characters of any sort. A sentence is good.";
  }
  async function takeTokens(bank, ...forms) {
    const all = {};
    for (const form2 of forms) {
      const tokens = await form2.tokens();
      if (isWords(tokens)) return tokens;
      Object.assign(all, tokens);
    }
    bank.parts.tokens(all);
    return all;
  }
  function framesNote(bank) {
    return el(
      "p",
      { class: "frames-note" },
      el("span", { class: "lock", "aria-hidden": "true" }),
      el(
        "span",
        {},
        "Typed into a frame of ",
        el("code", {}, new URL(bank.parts.config.frames_url).host),
        ". This page gets a token, never what is typed."
      )
    );
  }

  // playground/screens/change.ts
  function changeScreen(bank, kind) {
    const submit = () => change2.node.requestSubmit();
    const present = presentSecret("present", bank.session.kind, `Present ${bank.session.kind}`, submit);
    const chosen = newSecret(bank, "chosen", kind, `New ${kind}`, submit);
    const change2 = form(
      {
        id: "change",
        submit: `Save the new ${kind}`,
        fields: [...present.nodes, ...chosen.nodes, framesNote(bank)],
        others: bank.session.renewal ? [] : [notNow(bank)]
      },
      () => save(bank, kind, present, chosen)
    );
    return {
      name: `change-${kind}`,
      title: kind === "password" ? "Change password" : "Set a passcode",
      nodes: [why(bank), change2.node],
      shown: () => {
        present.mount();
        chosen.mount();
      },
      gone: () => {
        present.destroy();
        chosen.destroy();
      }
    };
  }
  function notNow(bank) {
    return button("Not now", () => bank.show(homeScreen(bank)), { id: "not-now" });
  }
  function why(bank) {
    const { renewal, kind } = bank.session;
    const text = renewal ? `Your ${kind} has expired. Choose a new one to go on.` : "All other sessions of yours will end.";
    return el("p", {}, text);
  }
  async function save(bank, kind, present, chosen) {
    const tokens = await takeTokens(bank, present, chosen);
    if (isWords(tokens)) return tokens;
    const answer = await bank.call("POST", "/passwords/update", {
      oldPassword: { value: tokens["present"] },
      newPassword: { value: tokens["chosen"] }
    });
    if (!bank.session.open) return null;
    if (!isOk(answer)) return explain(answer, "change", kind);
    await goOn(bank, kind, textAt(answer.body, "token"));
    return null;
  }
  async function goOn(bank, kind, token) {
    const { steppedUp, renewal } = bank.session;
    bank.session.begin(token, kind, steppedUp);
    if (renewal) await bank.look();
    if (kind === "password") bank.parts.tour.done("change");
    bank.show(homeScreen(bank, `Your new ${kind} is in force. Every other session has ended.`));
  }

  // playground/screens/code.ts
  var PATHS = {
    enrol: "/authentication_factors/otp/SMS",
    "step-up": "/stepup/challenges/otp/SMS"
  };
  var TITLES = { enrol: "Enrol this phone", "step-up": "Step up" };
  async function askCode(bank, purpose, then) {
    const sent = await bank.call("POST", PATHS[purpose]);
    if (bank.session.open) bank.show(codeScreen(bank, purpose, then, sent));
  }
  function codeScreen(bank, purpose, then, sent) {
    const code = codeField();
    const back2 = button("Not now", () => bank.show(homeScreen(bank)), { id: "not-now" });
    const again = button("Send again", () => void waiting(again, resend), { id: "send-again" });
    const asked2 = form({ id: "code-form", submit: "Confirm", fields: [code.node], others: [again, back2] }, async () => {
      const answer = await bank.call("POST", `${PATHS[purpose]}/verify`, {
        verificationCode: code.input.value.trim()
      });
      if (!isOk(answer)) {
        code.input.select();
        code.input.focus();
        return bank.session.open ? explain(answer, doing(purpose)) : null;
      }
      done(bank, purpose);
      bank.show(then());
      return null;
    });
    const resend = async () => {
      showSent(await bank.call("POST", PATHS[purpose]), asked2, purpose);
      code.input.focus();
    };
    return {
      name: purpose,
      title: TITLES[purpose],
      nodes: [explanation(bank), asked2.node],
      shown: () => {
        showSent(sent, asked2, purpose);
        code.input.focus();
      }
    };
  }
  function codeField() {
    return field("Code from the SMS", {
      id: "code",
      class: "code-input",
      inputmode: "numeric",
      autocomplete: "one-time-code",
      pattern: "[0-9]{6}",
      maxlength: 6,
      title: "six digits"
    });
  }
  function explanation(bank) {
    const phone = el("strong", {}, bank.person?.phone ?? "your phone");
    return el("p", {}, "A code goes to ", phone, " by SMS. It is valid for five minutes.");
  }
  function showSent(answer, asked2, purpose) {
    asked2.problem(isOk(answer) ? null : explain(answer, doing(purpose)));
  }
  function doing(purpose) {
    return purpose === "enrol" ? "enrol" : "step up";
  }
  function done(bank, purpose) {
    bank.session.steppedUp = true;
    if (bank.person) bank.person.enrolled = true;
    bank.parts.tour.done(purpose);
  }

  // playground/screens/home.ts
  function homeScreen(bank, notice = "") {
    return {
      name: "home",
      title: `${greeting(bank.parts.clock.now())}, ${bank.person?.name ?? "customer"}`,
      nodes: [
        ...notice ? [el("p", { class: "notice", role: "status", id: "notice" }, notice)] : [],
        account(),
        security(bank),
        actions(bank)
      ]
    };
  }
  function greeting(now) {
    const hour = new Date(now).getHours();
    if (hour < 5 || hour >= 18) return "Good evening";
    return hour < 12 ? "Good morning" : "Good afternoon";
  }
  function account() {
    return el(
      "section",
      { class: "account", "aria-label": "Current account" },
      el("p", {}, "Current account"),
      el("p", { class: "balance" }, "€ 2,480.15"),
      el("p", { class: "fine" }, "A sample figure: this sandbox keeps no money.")
    );
  }
  function security(bank) {
    const { session, person } = bank;
    const phone = person?.enrolled ? `${person.phone}, enrolled` : "not enrolled yet";
    return el(
      "dl",
      { class: "facts" },
      ...fact("Logged in with", session.kind),
      ...fact("Phone", phone),
      ...fact("This session", session.steppedUp ? "stepped up, until it ends" : "one factor proved")
    );
  }
  function fact(name, value) {
    return [el("dt", {}, name), el("dd", {}, value)];
  }
  function actions(bank) {
    const enrolled = bank.person?.enrolled ?? false;
    const first = bank.session.steppedUp ? "The session is stepped up" : "Needs step-up";
    const list = el("div", { class: "tiles" });
    if (!enrolled) list.append(tile("Enrol this phone", "A code by SMS", "enrol", enrol(bank), true));
    list.append(
      tile("Step up", enrolled ? "Prove the phone" : "Enrol the phone first", "step-up", stepUp(bank), enrolled),
      tile("Add a device", "A key that only you can use", "add-device", () => addDevice(bank), enrolled),
      tile("Approve on your device", "Fingerprint, face or lock", "push-step-up", () => stepUpOnDevice(bank), enrolled),
      tile("Change password", first, "change-password", change(bank, "password"), enrolled)
    );
    if (bank.kinds.includes("passcode")) {
      list.append(tile("Set a passcode", first, "set-passcode", change(bank, "passcode"), enrolled));
    }
    list.append(tile("Pay", "Not part of this example", "pay", async () => {
    }, false));
    return list;
  }
  function tile(name, hint, id, act, usable) {
    const made = button("", () => void waiting(made, act), {
      id,
      class: "tile",
      disabled: !usable
    });
    made.append(el("strong", {}, name), el("span", {}, hint));
    return made;
  }
  function enrol(bank) {
    return () => askCode(bank, "enrol", () => homeScreen(bank, "The phone is enrolled."));
  }
  function stepUp(bank) {
    return () => askCode(bank, "step-up", () => homeScreen(bank, "This session is stepped up."));
  }
  function change(bank, kind) {
    return async () => {
      if (bank.session.steppedUp) bank.show(changeScreen(bank, kind));
      else await askCode(bank, "step-up", () => changeScreen(bank, kind));
    };
  }

  // playground/screens/device.ts
  var LOOK_MS = 1e3;
  var PUSH = "/stepup/challenges/push/BIOMETRIC";
  var HERE = "The app on the phone beside has opened this link. It is good for one device, once, within five minutes.";
  var NOT_HERE = "This browser cannot ask for a fingerprint, a face or a screen lock. Scan the code with a device that reaches this server.";
  async function canApprove() {
    if (!("PublicKeyCredential" in window)) return false;
    return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
  }
  async function addDevice(bank) {
    const before = await devicesOf(bank);
    const made = await bank.device("POST", "/links");
    if (!isOk(made)) return refused(bank, "Add a device", made, "add the device");
    const link = textAt(made.body, "link");
    const here = await canApprove();
    const open = () => showApp(new URL(link).hash);
    const again = button("Open it on the phone beside", open, { id: "open-app" });
    const added = async () => {
      if (await devicesOf(bank) <= before) return void 0;
      bank.parts.tour.done("device");
      bank.session.steppedUp = true;
      return homeScreen(bank, "The device is added: it can approve from now on.");
    };
    const nodes = [
      el("p", {}, here ? HERE : NOT_HERE),
      el("img", { id: "device-qr", src: textAt(made.body, "qr"), alt: "The link as a QR code", width: 160, height: 160 }),
      el("p", { class: "hint", id: "device-link" }, link),
      el("div", { class: "actions" }, here && again, back(bank))
    ];
    bank.show(watched(bank, { name: "device", title: "Add a device", nodes }, added));
    if (here) open();
  }
  async function stepUpOnDevice(bank) {
    if (!await devicesOf(bank)) return addDevice(bank);
    const asked2 = await bank.call("POST", PUSH);
    if (!isOk(asked2)) return refused(bank, "Approve on your device", asked2, "step up");
    const number = textAt(asked2.body, "number");
    const nodes = [
      el("p", {}, "Your device shows what this is for, and asks for your fingerprint, face or screen lock."),
      ...number ? [el("p", {}, "There, enter this number: ", el("strong", { id: "push-number" }, number))] : [],
      el("div", { class: "actions" }, back(bank))
    ];
    const outcome = () => settled(bank, textAt(asked2.body, "id"));
    bank.show(watched(bank, { name: "push", title: "Approve on your device", nodes }, outcome));
    showApp();
  }
  async function settled(bank, challenge) {
    const answer = await ofPerson(bank, `/challenges/${challenge}`);
    const state = textAt(answer.body, "state");
    if (!isOk(answer) || state === "pending") return void 0;
    if (state !== "passed") {
      await bank.call("GET", "/authentication_factors");
      return homeScreen(bank, `It was not approved on your device: ${state}.`);
    }
    bank.session.steppedUp = true;
    bank.parts.tour.done("approve");
    return homeScreen(bank, "Approved on your device: this session is stepped up.");
  }
  async function devicesOf(bank) {
    const list = at((await ofPerson(bank, "/devices")).body, "devices");
    return Array.isArray(list) ? list.length : 0;
  }
  function ofPerson(bank, path) {
    return bank.parts.api.sandbox("GET", `/users/${bank.person?.id ?? ""}${path}`);
  }
  function watched(bank, screen, look) {
    let gone = false;
    const again = async () => {
      const next = await look();
      if (gone || !bank.session.open) return;
      if (next) bank.show(next);
      else setTimeout(() => void again(), LOOK_MS);
    };
    return { ...screen, shown: () => void again(), gone: () => gone = true };
  }
  function refused(bank, title, answer, doing2) {
    if (!bank.session.open) return;
    const problem = el("div", { class: "problem", role: "alert" }, ...wordsOf(explain(answer, doing2)));
    bank.show({ name: "device", title, nodes: [problem, el("div", { class: "actions" }, back(bank))] });
  }
  function back(bank) {
    return button("Not now", () => bank.show(homeScreen(bank)), { id: "not-now" });
  }

  // playground/screens/forgot.ts
  function forgotScreen(bank, given) {
    const email = field("E-mail", { id: "forgot-email", type: "email", autocomplete: "username", value: given });
    const asked2 = form(
      { id: "forgot", submit: "Send a code", fields: [email.node], others: [toLogIn(bank)] },
      async () => {
        bank.expectMail(email.input.value);
        const sent = await bank.open("/passwords/lost_password/start", { email: email.input.value });
        if (!isOk(sent)) return explain(sent, "reset");
        bank.show(resetScreen(bank, email.input.value));
        return null;
      }
    );
    return {
      name: "forgot",
      title: "Forgot your password?",
      nodes: [el("p", {}, "A code goes to your e-mail address. It arrives on the phone, too."), asked2.node],
      shown: () => email.input.focus()
    };
  }
  function resetScreen(bank, email) {
    const kind = bank.kinds[0];
    const code = field("Code from the mail", {
      id: "code",
      class: "code-input",
      inputmode: "numeric",
      autocomplete: "one-time-code",
      pattern: "[0-9]{6}",
      maxlength: 6,
      title: "six digits"
    });
    const chosen = newSecret(bank, "chosen", kind, `New ${kind}`, () => reset.node.requestSubmit());
    const reset = form(
      {
        id: "reset",
        submit: `Save the new ${kind}`,
        fields: [code.node, ...chosen.nodes, framesNote(bank)],
        others: [toLogIn(bank)]
      },
      () => save2(bank, email, code.input.value.trim(), chosen)
    );
    const address = el("strong", {}, email);
    return {
      name: "reset",
      title: `Choose a new ${kind}`,
      // whether somebody has the address is not told
      nodes: [el("p", {}, "If ", address, " is a customer’s, a code is there now. It is valid for 15 minutes."), reset.node],
      shown: () => {
        chosen.mount();
        code.input.focus();
      },
      gone: () => chosen.destroy()
    };
  }
  function toLogIn(bank) {
    return button("Back to log-in", () => bank.show(logInScreen(bank)), { id: "back-to-log-in" });
  }
  async function save2(bank, email, nonce, chosen) {
    const kind = bank.kinds[0];
    const tokens = await takeTokens(bank, chosen);
    if (isWords(tokens)) return tokens;
    const answer = await bank.open("/passwords/lost_password/resume", {
      nonce,
      email,
      newPassword: { value: tokens["chosen"] }
    });
    if (!isOk(answer)) return explain(answer, "reset", kind);
    bank.session.begin(textAt(answer.body, "token"), kind);
    const looked = await bank.look();
    if (!isOk(looked)) return explain(looked, "other");
    bank.show(homeScreen(bank, `Your new ${kind} is in force. Every other session has ended.`));
    return null;
  }

  // playground/screens/sign-up.ts
  var created = /* @__PURE__ */ new Map();
  function signUpScreen(bank) {
    const fields = details();
    const kind = bank.kinds[0];
    const label = kind === "password" ? "Password" : "Passcode";
    const secret = newSecret(bank, "password", kind, label, () => sign.node.requestSubmit());
    const sign = form(
      {
        id: "sign-up",
        submit: "Open the account",
        fields: [
          el("div", { class: "pair" }, fields.name.node, fields.surname.node),
          fields.email.node,
          el("div", { class: "pair phone-pair" }, fields.country.node, fields.number.node),
          ...secret.nodes,
          framesNote(bank)
        ]
      },
      () => signUp(bank, fields, secret)
    );
    const toLogIn2 = () => bank.show(logInScreen(bank));
    const others2 = el(
      "p",
      { class: "others" },
      "Already a customer? ",
      button("Log in", toLogIn2, { class: "link", id: "to-log-in" })
    );
    return {
      name: "sign-up",
      title: "Open an account",
      nodes: [others2, sign.node],
      shown: () => secret.mount(),
      gone: () => secret.destroy()
    };
  }
  function details() {
    const digits = String(crypto.getRandomValues(new Uint32Array(1))[0] % 9e5 + 1e5);
    return {
      name: field("First name", { id: "name", value: "Ada", autocomplete: "given-name" }),
      surname: field("Last name", { id: "surname", value: "Lovelace", autocomplete: "family-name" }),
      email: field("E-mail", {
        id: "email",
        type: "email",
        value: `ada.${digits}@example.com`,
        autocomplete: "email"
      }),
      country: field("Country", { id: "country-code", value: "+356", autocomplete: "tel-country-code", inputmode: "tel" }),
      number: field("Mobile", { id: "number", value: `79${digits}`, autocomplete: "tel-national", inputmode: "tel" })
    };
  }
  async function signUp(bank, fields, secret) {
    const tokens = await takeTokens(bank, secret);
    if (isWords(tokens)) return tokens;
    const password = { value: tokens["password"] };
    const valid = await bank.open("/passwords/validate", { password });
    if (!isOk(valid)) return explain(valid, "sign up");
    const email = fields.email.input.value;
    const consumer = created.has(email) ? null : await createConsumer(bank, fields);
    if (consumer && !isOk(consumer)) return explain(consumer, "sign up");
    if (consumer) created.set(email, textAt(consumer.body, "rootUser", "id", "id"));
    const set = await bank.open(`/passwords/${created.get(email)}/create`, { password });
    if (!isOk(set)) return explain(set, "sign up");
    return finish(bank, email, textAt(set.body, "token"));
  }
  function createConsumer(bank, { name, surname, email, country, number }) {
    return bank.open("/consumers", {
      profileId: bank.parts.config.profiles.consumers,
      ipAddress: "203.0.113.7",
      rootUser: {
        name: name.input.value,
        surname: surname.input.value,
        email: email.input.value,
        mobile: { countryCode: country.input.value, number: number.input.value },
        dateOfBirth: { year: 1990, month: 12, day: 10 },
        address: { country: "MT" }
      }
    });
  }
  async function finish(bank, email, token) {
    await bank.parts.api.multi("POST", "/logout", void 0, token);
    bank.email = email;
    created.delete(email);
    bank.parts.tour.done("sign-up");
    bank.show(logInScreen(bank, "Your account is open. Log in with the password you have chosen."));
    return null;
  }

  // playground/screens/login.ts
  function logInScreen(bank, notice = "", kind = "password") {
    const used = bank.kinds.includes(kind) ? kind : bank.kinds[0];
    const email = field("E-mail", {
      id: "log-in-email",
      type: "email",
      autocomplete: "username",
      value: bank.email
    });
    const label = used === "password" ? "Password" : "Passcode";
    const secret = presentSecret("password", used, label, () => log.node.requestSubmit());
    const log = form(
      { id: "log-in", submit: "Log in", fields: [email.node, ...secret.nodes, framesNote(bank)] },
      async () => {
        const words = await logIn(bank, email.input.value, used, secret);
        if (words) {
          secret.clear();
          secret.focus();
        }
        return words;
      }
    );
    return {
      name: "log-in",
      title: "Log in",
      nodes: [
        ...notice ? [el("p", { class: "notice", role: "status", id: "notice" }, notice)] : [],
        log.node,
        others(bank, used, email.input)
      ],
      shown: () => secret.mount(),
      gone: () => secret.destroy()
    };
  }
  function others(bank, used, email) {
    const another = bank.kinds.find((kind) => kind !== used);
    const swap = (kind) => {
      bank.email = email.value;
      bank.show(logInScreen(bank, "", kind));
    };
    return el(
      "p",
      { class: "others" },
      another && button(`Use a ${another}`, () => swap(another), { class: "link", id: "other-kind" }),
      button("Forgot your password?", () => bank.show(forgotScreen(bank, email.value)), { class: "link", id: "to-forgot" }),
      button("Open an account", () => bank.show(signUpScreen(bank)), { class: "link", id: "to-sign-up" })
    );
  }
  async function logIn(bank, email, kind, secret) {
    bank.email = email;
    const tokens = await takeTokens(bank, secret);
    if (isWords(tokens)) return tokens;
    const body = { email, password: { value: tokens["password"] } };
    const answer = await bank.open("/login_with_password", body);
    const token = textAt(answer.body, "token");
    if (answer.status === 409 && token) return renew(bank, token, kind);
    if (!isOk(answer)) return explain(answer, "log in", kind);
    bank.session.begin(token, kind);
    const refused2 = await chooseIdentity(bank, answer);
    if (refused2) return explain(refused2, "other");
    bank.parts.tour.done("log-in");
    bank.show(homeScreen(bank));
    return null;
  }
  function renew(bank, token, kind) {
    bank.session.begin(token, kind, false, true);
    bank.show(changeScreen(bank, kind));
    return null;
  }
  async function chooseIdentity(bank, login) {
    if (textAt(login.body, "tokenType") === "AUTH") {
      const identity = at(login.body, "identity");
      const answer = await bank.call("POST", "/access_token", { identity });
      if (!isOk(answer)) return answer;
      bank.session.begin(textAt(answer.body, "token"), bank.session.kind);
    }
    const looked = await bank.look();
    return isOk(looked) ? null : looked;
  }

  // playground/playground.ts
  var LOOK_AT_CLOCK_MS = 1e4;
  var GONE = "The sandbox does not answer. Is it still running? Start it with “make run”.";
  async function start() {
    const config = await loadConfig();
    tell(byId("programme"), config.programme.name);
    tell(byId("bank-name"), config.programme.name);
    if (!startSdk(config.programme.ui_key)) {
      throw new Error("The script of the secure fields (/app/secure/static/client.1.js) did not load.");
    }
    const calls = new Calls();
    const api = new Api(config, (call) => {
      calls.add(call);
      tell(byId("page-problem"), call.status ? "" : GONE);
    });
    const clock = new Clock(api);
    await clock.look();
    const phone = new Phone(api, clock);
    const bank = await openBank(config, api, clock, calls, phone);
    startClockBar(clock, () => void phone.look());
    setInterval(() => void lookIfSeen(clock), LOOK_AT_CLOCK_MS);
    startWatch(bank);
    startLogOut(bank);
    startDeviceApp();
    startHelp();
    bank.show(signUpScreen(bank));
  }
  async function openBank(config, api, clock, calls, phone) {
    const answer = await api.sandbox("GET", "/settings");
    if (!isOk(answer)) throw new Error(`The sandbox answered ${answer.status} to its settings.`);
    const bank = new Bank({
      api,
      clock,
      config,
      settings: answer.body,
      tour: new Tour(await canApprove()),
      tokens: (tokens) => calls.note(tokens),
      sent: () => {
        phone.belongsTo(bank.person?.phone ?? "", bank.person?.email ?? "");
        void phone.look();
      }
    });
    bank.whenOver((reason) => {
      bank.show(logInScreen(bank, `You were signed out. ${reason}`, bank.session.kind));
    });
    return bank;
  }
  async function lookIfSeen(clock) {
    if (document.visibilityState === "visible") await clock.look();
  }
  function startLogOut(bank) {
    byId("log-out").addEventListener("click", () => {
      const { token, kind } = bank.session;
      bank.session.end();
      void bank.parts.api.multi("POST", "/logout", void 0, token);
      bank.show(logInScreen(bank, "You have logged out.", kind));
    });
  }
  function startHelp() {
    const help = byId("help");
    byId("open-help").addEventListener("click", () => help.showModal());
    byId("close-help").addEventListener("click", () => help.close());
  }
  start().catch((error) => {
    tell(byId("page-problem"), `The playground could not start. ${error instanceof Error ? error.message : ""}`);
  });
})();
