// One frame, and the port to it.
import {
  type Command,
  CONNECT,
  type FieldType,
  HELLO,
  type Report,
  type Settings,
  VERSION,
} from "../shared/protocol";
import type { ErrorCode, SecureFieldError } from "./client.1.d.ts";
import { failure } from "./failure";
import { embeddingProblem, fieldUrl, framesUrl } from "./server";

/** From the frame's `load` on: its script has run by then, so a greeting is on its way. */
const GRACE_MS = 500;
const PATIENCE_MS = 15_000;
/** The frame itself gives up earlier, twice 15 seconds after it was asked. */
const ANSWER_MS = 40_000;

export interface Ends {
  uiKey: string;
  type: FieldType;
  name: string;
  settings(): Settings;
  heard(report: Report): void;
  failed(error: SecureFieldError): void;
}

interface Asked {
  resolve(token: string | undefined): void;
  reject(error: SecureFieldError): void;
}

export class Link {
  /** New for each frame: by it a confirm field's frame finds its pair's. */
  readonly id = crypto.randomUUID();
  readonly frame = document.createElement("iframe");
  ready = false;
  readonly #ends: Ends;
  readonly #origin = new URL(framesUrl()).origin;
  readonly #closed = new AbortController();
  readonly #asked = new Map<number, Asked>();
  #count = 0;
  #port: MessagePort | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(element: Element, ends: Ends, height: string) {
    this.#ends = ends;
    const { frame } = this;
    const { signal } = this.#closed;
    frame.src = fieldUrl(ends.uiKey);
    frame.referrerPolicy = "no-referrer";
    frame.title = ends.settings().label;
    const look = { width: "100%", height, border: "0", display: "block", background: "transparent" };
    Object.assign(frame.style, look);
    window.addEventListener("message", (event) => this.#greeted(event), { signal });
    frame.addEventListener("load", () => this.#loaded(), { signal });
    this.#wait();
    element.append(frame);
  }

  send(command: Command): void {
    this.#port?.postMessage(command);
  }

  /** The token, or undefined if there was only something to check. */
  ask(does: "check" | "tokenize"): Promise<string | undefined> {
    const ask = (this.#count += 1);
    return new Promise<string | undefined>((resolve, reject) => {
      const timer = setTimeout(() => reject(failure("FRAME_TIMEOUT", this.#ends.name)), ANSWER_MS);
      const settled = <V>(then: (value: V) => void) => (value: V) => {
        clearTimeout(timer);
        this.#asked.delete(ask);
        then(value);
      };
      this.#asked.set(ask, { resolve: settled(resolve), reject: settled(reject) });
      this.send({ does, ask });
    });
  }

  close(): void {
    this.#closed.abort();
    this.#drop(failure("NOT_READY", this.#ends.name));
    this.frame.remove();
  }

  #greeted({ origin, source, data }: MessageEvent): void {
    if (origin !== this.#origin || source !== this.frame.contentWindow || data !== HELLO) return;
    // again, if the page moved the element: the browser then loads the frame anew
    this.#drop(failure("NOT_READY", this.#ends.name));
    this.#wait();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (event: MessageEvent<Report>) => this.#heard(event.data);
    const { type } = this.#ends;
    const settings = this.#ends.settings();
    const connect = { kind: CONNECT, version: VERSION, type, id: this.id, settings };
    this.frame.contentWindow!.postMessage(connect, this.#origin, [port2]);
  }

  #heard(report: Report): void {
    if (report.tells === "answer") {
      this.#asked.get(report.ask)?.resolve(report.token);
    } else if (report.tells === "failed") {
      const error = failure(report.code, this.#what(report.code));
      if (report.ask === undefined) this.#fail(error);
      else this.#asked.get(report.ask)?.reject(error);
    } else {
      if (report.tells === "ready") this.#started();
      this.#ends.heard(report);
    }
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#explain("FRAME_TIMEOUT"), PATIENCE_MS);
  }

  #started(): void {
    this.ready = true;
    clearTimeout(this.#timer);
  }

  #drop(error: SecureFieldError): void {
    clearTimeout(this.#timer);
    this.ready = false;
    this.#port?.close();
    this.#port = undefined;
    for (const asked of [...this.#asked.values()]) asked.reject(error);
  }

  #loaded(): void {
    setTimeout(() => {
      if (!this.#port) void this.#explain(undefined);
    }, GRACE_MS);
  }

  /** Asks the server what is wrong; if it sees nothing, it is `otherwise`, or time will tell. */
  async #explain(otherwise: ErrorCode | undefined): Promise<void> {
    const code = (await embeddingProblem(this.#ends.uiKey)) ?? otherwise;
    if (code && !this.ready && !this.#closed.signal.aborted) {
      this.#fail(failure(code, this.#what(code)));
    }
  }

  #what(code: ErrorCode): string {
    if (code === "ORIGIN_NOT_REGISTERED") return self.origin;
    return code === "CONNECTION_LOST" ? framesUrl() : this.#ends.name;
  }

  #fail(error: SecureFieldError): void {
    this.#drop(error);
    this.#ends.failed(error);
  }
}
