import { after, BoundedMap, type Instant, type PublicKey, SkerryError } from "../../lib/mod.ts";
import { toBase32, toHex } from "../../lib/mod.ts";
import { expiresMs, mutableKey, type MutableRecord, type Verified } from "../../records/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import { withDeadline } from "../contract/deadline.ts";
import type { GetValueOptions, NamedValue } from "../contract/value_api.ts";
import type { DhtService, RecordFound } from "../peers/dht_service.ts";
import { namedValue } from "./value_rules.ts";

/** Names that this node has looked up lately; ~2 KB each. */
const NAMES_MAX = 4096;
/** A value that could not be looked up again, but still lives, is used for so long. */
const STALE_SECONDS = 10;

type Value = Verified<MutableRecord>;

interface Known {
  readonly record: Value;
  readonly agreeing: number;
  readonly freshUntil: Instant;
}

/** Reads values of keys: looks each up once for all who ask at the same time, and again when its
 * owner's ttl has passed. What it has seen it does not unlearn: an older value cannot come back
 * while this node runs. BOUNDED by NAMES_MAX. */
export class ValueReader {
  readonly #dht: Pick<DhtService, "findRecord" | "dht">;
  readonly #clock: Clock;
  readonly #known = new BoundedMap<string, Known>(NAMES_MAX);
  readonly #running = new Map<string, Promise<Known>>();

  constructor(dht: Pick<DhtService, "findRecord" | "dht">, clock: Clock) {
    this.#dht = dht;
    this.#clock = clock;
  }

  /** @throws {SkerryError} as Values.getValue says. */
  async read(
    publicKey: PublicKey,
    salt: Uint8Array,
    options: GetValueOptions = {},
  ): Promise<NamedValue> {
    const key = mutableKey(publicKey, salt);
    const name = toHex(key);
    const known = this.#known.touch(name);
    if (known !== undefined && known.freshUntil > this.#clock.now()) {
      return this.#told(known, "cache");
    }
    if (options.localOnly === true) {
      if (known !== undefined && this.#isAlive(known.record)) return this.#told(known, "cache");
      throw new SkerryError("NOT_LOCAL", `The value of ${toBase32(publicKey)} is not known here`);
    }
    const looking = this.#running.get(name) ?? this.#look(key, name, publicKey);
    return this.#told(
      await withDeadline(looking, this.#clock, options, (ms) => timedOut(publicKey, ms)),
      "network",
    );
  }

  /** The newest record under a key that can be found, be it past its life.
   * @throws {SkerryError} LOOKUP_TIMED_OUT, NO_PEERS, BUSY. */
  async newest(
    key: Uint8Array,
    publicKey: PublicKey,
    known: Value | undefined,
  ): Promise<{ readonly record: Value | undefined; readonly agreeing: number }> {
    const found = await this.#dht.findRecord(key, { known });
    const record = found.record?.kind === "mutable" ? found.record : undefined;
    if (!isAnswered(found)) throw this.#unanswered(publicKey);
    return { record, agreeing: found.agreeing };
  }

  #look(key: Uint8Array, name: string, publicKey: PublicKey): Promise<Known> {
    const looking = this.#lookUp(key, name, publicKey)
      .finally(() => this.#running.delete(name));
    this.#running.set(name, looking);
    return looking;
  }

  async #lookUp(key: Uint8Array, name: string, publicKey: PublicKey): Promise<Known> {
    const before = this.#known.get(name);
    try {
      const { record, agreeing } = await this.newest(key, publicKey, before?.record);
      if (record === undefined) throw notFound(publicKey);
      if (!this.#isAlive(record)) throw runOut(record);
      return this.#remember(name, record, agreeing, record.ttlSeconds);
    } catch (error) {
      const isGone = error instanceof SkerryError && error.code === "VALUE_EXPIRED";
      if (before === undefined || isGone || !this.#isAlive(before.record)) throw error;
      // The network does not answer now; its owner's word holds until it runs out.
      return this.#remember(name, before.record, before.agreeing, STALE_SECONDS);
    }
  }

  #remember(name: string, record: Value, agreeing: number, ttlSeconds: number): Known {
    const left = (expiresMs(record) ?? 0) - this.#clock.unixMs();
    const freshMs = Math.min(1000 * ttlSeconds, left);
    const known = { record, agreeing, freshUntil: after(this.#clock.now(), freshMs) };
    this.#known.delete(name);
    this.#known.set(name, known);
    return known;
  }

  #told({ record, agreeing, freshUntil }: Known, source: "cache" | "network"): NamedValue {
    const freshSeconds = Math.max(0, Math.floor((freshUntil - this.#clock.now()) / 1000));
    return namedValue(record, { freshSeconds, source, agreeing });
  }

  #isAlive(record: Value): boolean {
    return (expiresMs(record) ?? 0) > this.#clock.unixMs();
  }

  #unanswered(publicKey: PublicKey): SkerryError {
    if (this.#dht.dht.contactCount > 0) return timedOut(publicKey, undefined);
    const what = `Cannot look for the value of ${toBase32(publicKey)}`;
    return new SkerryError("NO_PEERS", `${what}: no other node is known`);
  }
}

/** Whether the end of a lookup says something: nodes have answered, or a record is there. */
function isAnswered({ record, outcome }: RecordFound): boolean {
  if (record !== undefined && outcome.answered > 0) return true;
  return outcome.answered > 0 && outcome.reason !== "timed_out" && outcome.reason !== "cancelled";
}

function timedOut(publicKey: PublicKey, waitedMs: number | undefined): SkerryError {
  const within = waitedMs === undefined ? "" : ` within ${waitedMs} ms`;
  const what = `Nobody told the value of ${toBase32(publicKey)}${within}`;
  return new SkerryError("LOOKUP_TIMED_OUT", what);
}

function notFound(publicKey: PublicKey): SkerryError {
  const what = `No node that answered has a value of ${toBase32(publicKey)}`;
  return new SkerryError("VALUE_NOT_FOUND", what);
}

function runOut(record: Value): SkerryError {
  const since = new Date(expiresMs(record) ?? 0).toISOString();
  const what = `The value of ${toBase32(record.publicKey)} ran out at ${since}`;
  return new SkerryError("VALUE_EXPIRED", `${what}: its owner has not repeated it since`);
}
