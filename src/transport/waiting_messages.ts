import type { Earliness } from "../wire/mod.ts";
import {
  EARLY_MESSAGES_MAX,
  type HandshakeMessage,
  handshakeMessageBytes,
} from "./handshake_frames.ts";
import {
  checkMessageLength,
  QUEUED_MESSAGE_BYTES_MAX,
  QUEUED_MESSAGES_MAX,
} from "./outgoing_messages.ts";

interface Waiting extends HandshakeMessage {
  readonly earliness: Earliness;
}

/** Messages given before the session is up, in order. Those that may are sent in every INIT of the
 * attempt; what its answer does not settle goes into the session. BOUNDED like the session's own
 * queue. */
export class WaitingMessages {
  #messages: Waiting[] = [];
  #bytes = 0;
  #nextId = 0;

  /** Messages that no answer has settled. */
  get size(): number {
    return this.#messages.length;
  }

  /** Queues a copy of `bytes` (1 … MSG_BYTES_MAX). @returns false if too much waits. */
  add(bytes: Uint8Array, earliness: Earliness): boolean {
    checkMessageLength(bytes);
    if (this.#messages.length >= QUEUED_MESSAGES_MAX) return false;
    if (this.#bytes + bytes.length > QUEUED_MESSAGE_BYTES_MAX) return false;
    this.#messages.push({ id: this.#nextId++ % 0x10000, bytes: bytes.slice(), earliness });
    this.#bytes += bytes.length;
    return true;
  }

  /** What may ride in an INIT, the oldest first, as much as fits.
   * @param isProven the INIT proves its sender's address. @param roomBytes for frames. */
  early(isProven: boolean, roomBytes: number): HandshakeMessage[] {
    const early: HandshakeMessage[] = [];
    let room = roomBytes;
    for (const message of this.#messages) {
      if (early.length >= EARLY_MESSAGES_MAX) break;
      const { id, bytes, earliness } = message;
      const may = earliness === "always" || (earliness === "proven" && isProven);
      if (!may || handshakeMessageBytes(message) > room) continue;
      room -= handshakeMessageBytes(message);
      early.push({ id, bytes });
    }
    return early;
  }

  /** The answer to message `id` has come. @returns false if it had one already. */
  settle(id: number): boolean {
    const at = this.#messages.findIndex((message) => message.id === id);
    if (at < 0) return false;
    this.#bytes -= this.#messages[at]?.bytes.length ?? 0;
    this.#messages.splice(at, 1);
    return true;
  }

  /** All that waits, oldest first; nothing waits any more. */
  take(): Uint8Array[] {
    const all = this.#messages.map(({ bytes }) => bytes);
    this.#messages = [];
    this.#bytes = 0;
    return all;
  }
}
