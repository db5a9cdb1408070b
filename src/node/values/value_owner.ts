import { after, earliest, type Instant, type Random, randomUnit } from "../../lib/mod.ts";
import { toHex } from "../../lib/mod.ts";
import type { KeyPair, Network } from "../../identity/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import {
  mutableKey,
  type MutableRecord,
  parseRecord,
  seqOf,
  signMutable,
  type Verified,
  verifyRecord,
} from "../../records/mod.ts";
import type { OwnValues } from "../../store/mod.ts";
import { isDrop } from "../../wire/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { DhtService } from "../peers/dht_service.ts";

/** As many as storing nodes keep of one key (dht/config.ts). */
export const OWN_VALUES_MAX = 64;
/** Others keep a value for two hours after it was last put. */
const REPEAT_MS = 3_600_000;
/** Repeated within this share of its lifetime, so that two puts may fail before it runs out. */
const REPEAT_SHARE = 1 / 3;
/** Repetitions are spread over the last tenth of their period. */
const REPEAT_JITTER = 0.1;
/** When nobody could be told of it, or nobody took it. */
const RETRY_ALONE_MS = 5_000;
const RETRY_REFUSED_MS = 60_000;
/** What a former run has left is put within this time after a start. */
const LOAD_SPREAD_MS = 30_000;

type Value = Verified<MutableRecord>;

interface Own {
  record: Value;
  repeatAt: Instant;
  isRunning: boolean;
}

/** What an owner needs of the rest of the node. */
export interface ValueOwnerParts {
  readonly keyPair: KeyPair;
  readonly network: Network;
  readonly dht: Pick<DhtService, "putRecord" | "dht">;
  readonly values: OwnValues;
  readonly rows: Pick<ChunkStore, "writeRows">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly wake: () => void;
}

/** The values of this node's own key: kept on disk, and put into the network again, newly signed,
 * before they run out anywhere. BOUNDED by OWN_VALUES_MAX. */
export class ValueOwner implements LoopPart {
  readonly #parts: ValueOwnerParts;
  readonly #own = new Map<string, Own>();

  constructor(parts: ValueOwnerParts) {
    this.#parts = parts;
    this.#load();
  }

  get publicKey(): Value["publicKey"] {
    return this.#parts.keyPair.publicKey;
  }

  get size(): number {
    return this.#own.size;
  }

  get(key: Uint8Array): Value | undefined {
    return this.#own.get(toHex(key))?.record;
  }

  /** The key of this node's value under a salt. */
  keyOf(salt: Uint8Array): Uint8Array {
    return mutableKey(this.publicKey, salt);
  }

  /** Signs with this node's key, as of now. @throws {RangeError} for what breaks a bound. */
  sign(statement: Omit<MutableRecord, "kind" | "key" | "bytes" | "publicKey" | "signedAtMs">) {
    const { keyPair, network, clock } = this.#parts;
    return signMutable(keyPair, network.id, { ...statement, signedAtMs: clock.unixMs() });
  }

  /** Keeps a value over restarts and from now on repeats it. The caller puts it this time. */
  async keep(record: Value): Promise<void> {
    const { values, rows } = this.#parts;
    await rows.writeRows(() => values.save(record));
    this.#own.set(toHex(record.key), {
      record,
      repeatAt: this.#nextAt(record),
      isRunning: false,
    });
    this.#parts.wake();
  }

  /** @returns false if there was none under this key. */
  async forget(key: Uint8Array): Promise<boolean> {
    const { values, rows } = this.#parts;
    if (!this.#own.delete(toHex(key))) return false;
    await rows.writeRows(() => values.remove(key));
    return true;
  }

  /** Puts a value again soon: the last put reached nobody. */
  hurry(key: Uint8Array): void {
    const own = this.#own.get(toHex(key));
    if (own !== undefined) own.repeatAt = after(this.#parts.clock.now(), RETRY_ALONE_MS);
  }

  turn(now: Instant): void {
    for (const own of this.#own.values()) {
      if (own.isRunning || own.repeatAt > now) continue;
      if (this.#parts.dht.dht.contactCount > 0) void this.#repeat(own);
      else {
        own.record = this.sign(own.record); // for those who ask here
        own.repeatAt = after(now, RETRY_ALONE_MS);
      }
    }
  }

  nextTimeout(): Instant | undefined {
    let first: Instant | undefined;
    for (const { repeatAt, isRunning } of this.#own.values()) {
      if (!isRunning) first = earliest(first, repeatAt);
    }
    return first;
  }

  async #repeat(own: Own): Promise<void> {
    const { dht, logger, clock, wake } = this.#parts;
    own.isRunning = true;
    const { record } = own;
    try {
      const again = this.sign(record);
      const { holders, newer } = await dht.putRecord(again);
      if (own.record !== record) return; // replaced meanwhile
      own.record = again;
      own.repeatAt = holders > 0 ? this.#nextAt(again) : after(clock.now(), RETRY_REFUSED_MS);
      // Another node with this key was later: its word is ours.
      if (newer?.kind === "mutable" && seqOf(newer) > seqOf(again)) await this.keep(newer);
    } catch (error) {
      own.repeatAt = after(clock.now(), RETRY_REFUSED_MS);
      logger.log("warn", "value_not_repeated", {
        key: toHex(record.key),
        reason: String(error),
      });
    } finally {
      own.isRunning = false;
      wake();
    }
  }

  #nextAt({ lifetimeSeconds }: Value): Instant {
    const { clock, random } = this.#parts;
    const period = Math.min(REPEAT_MS, 1000 * lifetimeSeconds * REPEAT_SHARE);
    return after(clock.now(), period * (1 - REPEAT_JITTER * randomUnit(random)));
  }

  #load(): void {
    const { values, network, clock, random } = this.#parts;
    for (const { bytes } of values.all()) {
      const parsed = parseRecord(bytes);
      const record = isDrop(parsed) ? undefined : verifyRecord(parsed, network.id);
      // Another identity's, on a data directory that has a new one: not ours to repeat.
      if (record?.kind !== "mutable" || toHex(record.publicKey) !== toHex(this.publicKey)) continue;
      const repeatAt = after(clock.now(), randomUnit(random) * LOAD_SPREAD_MS);
      this.#own.set(toHex(record.key), { record, repeatAt, isRunning: false });
    }
  }
}
