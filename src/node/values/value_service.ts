import { equalBytes, type PublicKey, SkerryError, toHex } from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import {
  LIFETIME_SECONDS_MAX,
  type MutableRecord,
  supersedes,
  TTL_SECONDS_MAX,
  type Verified,
} from "../../records/mod.ts";
import { withDeadline } from "../contract/deadline.ts";
import type {
  GetValueOptions,
  NamedValue,
  PutValue,
  PutValueOptions,
  Values,
} from "../contract/value_api.ts";
import type { DhtService } from "../peers/dht_service.ts";
import { OWN_VALUES_MAX, type ValueOwner } from "./value_owner.ts";
import type { ValueReader } from "./value_reader.ts";
import {
  checkSeconds,
  checkValue,
  LIFETIME_SECONDS_DEFAULT,
  LIFETIME_SECONDS_MIN,
  namedValue,
  TTL_SECONDS_DEFAULT,
} from "./value_rules.ts";

/** How often a put begins again because another node with the same key was faster. */
const TRIES_MAX = 3;

type Value = Verified<MutableRecord>;

/** Values of keys, for the facade: what is put is read back at once, and what is read is this
 * node's own word, a fresh one, or the network's. */
export class ValueService implements Values {
  readonly #owner: ValueOwner;
  readonly #reader: ValueReader;
  readonly #dht: Pick<DhtService, "putRecord" | "dht">;
  readonly #clock: Clock;
  /** Puts of one key run one after the other. BOUNDED by the keys being put. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(
    owner: ValueOwner,
    reader: ValueReader,
    dht: Pick<DhtService, "putRecord" | "dht">,
    clock: Clock,
  ) {
    this.#owner = owner;
    this.#reader = reader;
    this.#dht = dht;
    this.#clock = clock;
  }

  async putValue(value: Uint8Array, options: PutValueOptions = {}): Promise<PutValue> {
    const { salt = new Uint8Array(), ttlSeconds = TTL_SECONDS_DEFAULT } = options;
    const { lifetimeSeconds = LIFETIME_SECONDS_DEFAULT } = options;
    checkValue(value, salt);
    checkSeconds("ttl", ttlSeconds, 0, TTL_SECONDS_MAX);
    checkSeconds("lifetime", lifetimeSeconds, LIFETIME_SECONDS_MIN, LIFETIME_SECONDS_MAX);
    const key = this.#owner.keyOf(salt);
    const isNew = this.#owner.get(key) === undefined;
    if (isNew && this.#owner.size >= OWN_VALUES_MAX) {
      const rule = `A key has at most ${OWN_VALUES_MAX} values (salts)`;
      throw new SkerryError("REFUSED", `${rule}; withdraw one that is not needed any more`);
    }
    const putting = this.#inTurn(toHex(key), async () => {
      const statement = { salt, value, ttlSeconds, lifetimeSeconds };
      return await this.#put(key, statement, options);
    });
    return await withDeadline(putting, this.#clock, options, (ms) => {
      const what = `The value was not put within ${ms} ms`;
      return new SkerryError("LOOKUP_TIMED_OUT", `${what}; if it was signed it is put later`);
    });
  }

  async withdrawValue(salt: Uint8Array): Promise<boolean> {
    const key = this.#owner.keyOf(salt);
    return await this.#inTurn(toHex(key), () => this.#owner.forget(key));
  }

  async getValue(
    publicKey: PublicKey,
    salt: Uint8Array,
    options: GetValueOptions = {},
  ): Promise<NamedValue> {
    const isOwn = equalBytes(publicKey, this.#owner.publicKey);
    const own = isOwn ? this.#owner.get(this.#owner.keyOf(salt)) : undefined;
    if (own === undefined) return await this.#reader.read(publicKey, salt, options);
    const leftMs = own.signedAtMs + 1000 * own.lifetimeSeconds - this.#clock.unixMs();
    const freshSeconds = Math.max(0, Math.min(own.ttlSeconds, Math.floor(leftMs / 1000)));
    return namedValue(own, { freshSeconds, source: "own", agreeing: 0 });
  }

  async #put(
    key: Uint8Array,
    statement: Pick<MutableRecord, "salt" | "value" | "ttlSeconds" | "lifetimeSeconds">,
    options: PutValueOptions,
  ): Promise<PutValue> {
    const newest = await this.#newest(key);
    let seq = nextSeq(newest, statement.value, options);
    for (let tries = 1;; tries++) {
      const record = this.#owner.sign({ ...statement, seq });
      await this.#owner.keep(record);
      const cas = options.replaces === undefined ? undefined : newest?.seq;
      const { holders, newer, refused } = await this.#dht.putRecord(record, cas);
      const isTaken = newer?.kind === "mutable" ||
        (holders === 0 && (refused.seq_reused ?? 0) + (refused.cas_mismatch ?? 0) > 0);
      if (!isTaken) {
        if (holders === 0) this.#owner.hurry(key);
        const expiresMs = record.signedAtMs + 1000 * record.lifetimeSeconds;
        return { publicKey: record.publicKey, seq, expiresMs, holders };
      }
      // Another node with our key was faster. Its value is as much ours as this one.
      const faster = newer?.kind === "mutable" ? newer : undefined;
      const isFixed = options.seq !== undefined || options.replaces !== undefined;
      if (isFixed || tries === TRIES_MAX) {
        const kept = faster ?? newest;
        if (kept === undefined) await this.#owner.forget(key);
        else await this.#owner.keep(kept);
        throw conflict(faster, `seq ${seq}`);
      }
      seq = (faster?.seq ?? seq) + 1n;
    }
  }

  /** The newest value of ours that is known here or in the network. */
  async #newest(key: Uint8Array): Promise<Value | undefined> {
    const own = this.#owner.get(key);
    if (this.#dht.dht.contactCount === 0) return own;
    const { record } = await this.#reader.newest(key, this.#owner.publicKey, own);
    return own !== undefined && (record === undefined || !supersedes(record, own)) ? own : record;
  }

  /** Runs `work` after what was begun before for the same key. */
  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const running = before.catch(() => {}).then(work);
    this.#turns.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#turns.get(key) === running) this.#turns.delete(key);
    }
  }
}

/** The seq of the next value. @throws {SkerryError} SEQ_CONFLICT if the caller's wish cannot be. */
function nextSeq(
  newest: Value | undefined,
  value: Uint8Array,
  { seq, replaces }: PutValueOptions,
): bigint {
  if (replaces !== undefined && newest?.seq !== replaces) {
    if (newest !== undefined) throw conflict(newest, `a value that replaces seq ${replaces}`);
    throw new SkerryError("SEQ_CONFLICT", `Cannot replace seq ${replaces}: there is no value yet`);
  }
  const isSame = newest !== undefined && equalBytes(newest.value, value);
  const least = newest === undefined ? 0n : isSame ? newest.seq : newest.seq + 1n;
  if (seq !== undefined && seq < least) throw conflict(newest, `seq ${seq}`);
  return seq ?? (newest === undefined ? 1n : least);
}

function conflict(newest: Value | undefined, what: string): SkerryError {
  const found = newest === undefined
    ? "the nodes near its key hold another"
    : `the newest has seq ${newest.seq}`;
  return new SkerryError("SEQ_CONFLICT", `Cannot put ${what}: ${found}`);
}
