// Is what was typed here what was typed there? The two frames ask each other, over a channel that
// the page has no end of, and neither sends what was typed: only its HMAC under a key made for
// this one question, which cannot be read out of the browser.
import { type FieldType, PAIR, PAIR_OF, type ConfirmType } from "../shared/protocol";
import { own } from "../shared/read";

const MAC: HmacKeyGenParams = { name: "HMAC", hash: "SHA-256" };
const MOST_FRAMES = 100;
const PATIENCE_MS = 3_000;
const utf8 = new TextEncoder();

/** The side of the field that has the value. */
export class Original {
  readonly #asked: MessagePort[] = [];

  constructor(type: FieldType, id: string, value: () => string) {
    window.addEventListener("message", ({ data, origin, source, ports }) => {
      const port = ports[0];
      if (origin !== location.origin || !port || !isSibling(source)) return;
      if (own(data, "kind") !== PAIR || own(data, "id") !== id || own(data, "of") !== type) return;
      port.onmessage = async ({ data: question }) => {
        const key = own(question, "key");
        if (!(key instanceof CryptoKey)) return;
        const mac = await crypto.subtle.sign(MAC, key, utf8.encode(value()));
        port.postMessage({ turn: own(question, "turn"), mac });
      };
      port.postMessage({ here: true });
      this.#asked.push(port);
    });
  }

  changed(): void {
    for (const port of this.#asked) port.postMessage({ changed: true });
  }
}

/** The side of the confirm field. */
export class Copy {
  readonly #type: ConfirmType;
  readonly #changed: () => void;
  readonly #waiting = new Map<number, (mac: BufferSource) => void>();
  #port: Promise<MessagePort | undefined> = Promise.resolve(undefined);
  #turn = 0;

  /** `changed` is called when a comparison may come out differently than the last one. */
  constructor(type: ConfirmType, changed: () => void) {
    this.#type = type;
    this.#changed = changed;
  }

  /** The page only says which one; that it is a frame of ours, the browser says. */
  find(id: string): void {
    void this.#port.then((port) => port?.close());
    this.#port = within((resolve) => {
      for (const sibling of siblings()) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => {
          if (own(data, "here") === true) resolve(port1);
          this.#heard(data);
        };
        const question = { kind: PAIR, id, of: PAIR_OF[this.#type] };
        sibling.postMessage(question, location.origin, [port2]);
      }
    });
  }

  /** undefined: no answer, so nobody knows. */
  async matches(value: string): Promise<boolean | undefined> {
    const port = await this.#port;
    if (!port) return undefined;
    const turn = (this.#turn += 1);
    const key = await crypto.subtle.generateKey(MAC, false, ["sign", "verify"]);
    const mac = await within<BufferSource>((resolve) => {
      this.#waiting.set(turn, resolve);
      port.postMessage({ turn, key });
    });
    this.#waiting.delete(turn);
    return mac && crypto.subtle.verify(MAC, key, mac, utf8.encode(value));
  }

  #heard(data: unknown): void {
    const turn = own(data, "turn");
    const mac = own(data, "mac");
    if (typeof turn === "number" && mac instanceof ArrayBuffer) this.#waiting.get(turn)?.(mac);
    else this.#changed();
  }
}

function within<T>(work: (resolve: (value: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MS);
    work(resolve);
  });
}

function siblings(): Window[] {
  const { parent } = window;
  const count = Math.min(parent.length, MOST_FRAMES);
  return Array.from({ length: count }, (_, at) => parent[at]!).filter((one) => one !== window);
}

function isSibling(source: MessageEventSource | null): boolean {
  const sibling = source as Window | null; // whoever has that origin is no worker: see the policy
  return sibling !== null && sibling !== window && sibling.parent === window.parent;
}
