import {
  after,
  BoundedMap,
  type ChunkId,
  type Instant,
  type Random,
  toHex,
} from "../../lib/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { encodeMessage, KEYS_MAX, type MessageOfType } from "../../wire/mod.ts";

/** Connections whose answers are remembered: eight holders each for as many files as are read. */
const CONNECTIONS_MAX = 128;
/** What one of them lacks, at most: chunks that are near to be fetched, of several files. */
const LACKING_MAX = 512;
/** Questions that may be open; the oldest is forgotten, and its answer is then nobody's. */
const QUESTIONS_MAX = 256;
/** A holder that fetches the same file gets what it lacked: then it is worth a FETCH again. */
const LACKS_MS = 5_000;

interface Question {
  readonly connection: ConnectionHandle;
  readonly ids: readonly ChunkId[];
}

/** What holders of a file have said that they lack of it (HAVE, protocol.md §3): no FETCH is spent
 * on that for a while. */
export class Holdings {
  readonly #transport: Pick<Transport, "sendMessage">;
  readonly #random: Random;
  readonly #questions = new BoundedMap<number, Question>(QUESTIONS_MAX);
  readonly #lacking = new BoundedMap<ConnectionHandle, BoundedMap<string, Instant>>(
    CONNECTIONS_MAX,
  );
  asked = 0;

  constructor(transport: Pick<Transport, "sendMessage">, random: Random) {
    this.#transport = transport;
    this.#random = random;
  }

  /** Asks a holder which of `ids` it has; at most 48, the others are left out. */
  ask(connection: ConnectionHandle, ids: readonly ChunkId[], now: Instant): void {
    const some = ids.slice(0, KEYS_MAX);
    if (some.length === 0) return;
    const word = new Uint8Array(4);
    this.#random.fill(word);
    const requestId = new DataView(word.buffer).getUint32(0);
    const message = encodeMessage({ type: "HAVE", requestId, ids: some });
    if (!this.#transport.sendMessage(connection, message, now)) return;
    this.asked++;
    this.#questions.set(requestId, { connection, ids: some });
  }

  /** @returns false if nobody asked this of that connection. */
  handleReply(
    connection: ConnectionHandle,
    { requestId, held }: MessageOfType<"HAVE_REPLY">,
    now: Instant,
  ): boolean {
    const question = this.#questions.get(requestId);
    if (question?.connection !== connection) return false;
    this.#questions.delete(requestId);
    question.ids.forEach((id, i) => {
      const has = ((held[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
      if (!has) this.#lack(connection).set(toHex(id), now);
      else this.#lacking.get(connection)?.delete(toHex(id));
    });
    return true;
  }

  /** True if the holder has said lately that it has not got this chunk. */
  lacks(connection: ConnectionHandle, id: ChunkId, now: Instant): boolean {
    const saidAt = this.#lacking.get(connection)?.get(toHex(id));
    return saidAt !== undefined && now < after(saidAt, LACKS_MS);
  }

  /** The connection is gone. */
  forget(connection: ConnectionHandle): void {
    this.#lacking.delete(connection);
  }

  #lack(connection: ConnectionHandle): BoundedMap<string, Instant> {
    let lacking = this.#lacking.touch(connection);
    if (lacking === undefined) {
      lacking = new BoundedMap(LACKING_MAX);
      this.#lacking.set(connection, lacking);
    }
    return lacking;
  }
}
