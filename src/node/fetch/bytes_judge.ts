import { BoundedMap, type PublicKey, toHex } from "../../lib/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import { CLOSE_CODE } from "../../wire/mod.ts";
import type { PeerTable } from "../peers/peer_table.ts";

/** Sessions whose peer was found guilty; a forgotten one could count twice for one session. */
const CONVICTED_MAX = 4_096;

/** Who sent other bytes than were asked for, if whoever says what they should be is right. */
export interface Suspect {
  readonly connection: ConnectionHandle;
  readonly publicKey: PublicKey;
  readonly id: Uint8Array;
  /** Undefined where only the whole object can be checked. */
  readonly slice: number | undefined;
}

/** What becomes of holders whose bytes do not hash right. A slice is refused on the word of a
 * manifest, which anybody may have made: its sender is a suspect until the whole chunk has proven
 * the manifest right. */
export class BytesJudge {
  readonly #transport: Pick<Transport, "info" | "close">;
  readonly #peers: Pick<PeerTable, "blame">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #convicted = new BoundedMap<ConnectionHandle, true>(CONVICTED_MAX);

  constructor(
    transport: Pick<Transport, "info" | "close">,
    peers: Pick<PeerTable, "blame">,
    clock: Clock,
    logger: Logger,
  ) {
    this.#transport = transport;
    this.#peers = peers;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Logs the rejection. @returns undefined if the sender has gone and its key with it. */
  suspect(connection: ConnectionHandle, id: Uint8Array, slice?: number): Suspect | undefined {
    const publicKey = this.#transport.info(connection)?.publicKey;
    if (publicKey === undefined) return undefined;
    const event = slice === undefined ? "object_rejected" : "slice_rejected";
    this.#logger.log("warn", event, {
      id: toHex(id),
      ...(slice === undefined ? {} : { slice }),
      public_key: toHex(publicKey),
    });
    return { connection, publicKey, id, slice };
  }

  /** The right bytes are known and others: the key is distrusted and its session ends. However many
   * wrong slices a session brought, they count once: one rotten disk is no habit. */
  convict({ connection, publicKey, id, slice }: Suspect): void {
    if (this.#convicted.has(connection)) return;
    this.#convicted.set(connection, true);
    const now = this.#clock.now();
    const verdict = this.#peers.blame(publicKey, now);
    this.#logger.log("warn", "peer_blamed", {
      public_key: toHex(publicKey),
      reason: "wrong_bytes",
      id: toHex(id),
      ...(slice === undefined ? {} : { slice }),
      verdict,
    });
    this.#transport.close(connection, CLOSE_CODE.protocol, now);
  }
}
