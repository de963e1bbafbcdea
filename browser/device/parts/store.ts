// What this browser keeps: its enrolments, in IndexedDB. Of requests it keeps nothing.
import type { PublicKey } from "./proof";

/** This browser as one person's device at one programme. */
export interface Enrolment {
  /** The device's id. */
  device: string;
  name: string;
  programme: { id: string; name: string };
  user: string;
  rp: { id: string; name: string };
  /** WebAuthn's, in base64url, as is the credential's id. */
  userHandle: string;
  credential: string;
  /** Whether the programme wants the maker to vouch for the key. */
  attestation: "none" | "direct";
  /** The key that calls are signed with: it cannot be exported, not even by this app. */
  proof: CryptoKeyPair;
  proofKey: PublicKey;
  /** The server's key for Web Push; empty: it has none. */
  pushKey: string;
  /** The push address that the server was given; empty: none. */
  pushed: string;
}

const NAME = "assent-device";
const ROOM = "enrolments";

export class Store {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(): Promise<Store> {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(ROOM, { keyPath: "device" });
    return new Store(await settled(asked));
  }

  async all(): Promise<Enrolment[]> {
    return settled<Enrolment[]>(this.#room("readonly").getAll());
  }

  async put(enrolment: Enrolment): Promise<void> {
    await settled(this.#room("readwrite").put(enrolment));
  }

  async remove(device: string): Promise<void> {
    await settled(this.#room("readwrite").delete(device));
  }

  #room(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(ROOM, mode).objectStore(ROOM);
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}
