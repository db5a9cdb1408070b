import type { OfferAnswer, OfferedKey, OfferIntake, PlacementPlan, Pull } from "../../dht/mod.ts";
import { sha1 } from "../../crypto/mod.ts";
import {
  after,
  asChunkId,
  BoundedMap,
  type ChunkId,
  type Instant,
  SkerryError,
  type SkerryErrorCode,
  toHex,
  TokenBuckets,
} from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import {
  decodeLengths,
  type DropReason,
  encodeMessage,
  type MessageOfType,
} from "../../wire/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { VerifiedWork } from "../peers/dht_service.ts";
import { manifestAlias } from "../read/manifest_alias.ts";
import type { OfferPuller, PullResult } from "./pull_offer.ts";

/** OFFERs of one peer that are answered: each costs 48 looks into the index and the routing table,
 * a millisecond. A neighbour that hands over all it has sends four a second. */
const OFFERS_PER_SECOND = 5;
const OFFERS_BURST = 20;
const PEERS_MAX = 4_096;
/** While somebody reads, one object is fetched this often: copies are background work, and a
 * gateway that is always read from is to get some. */
const BUSY_MS = 10_000;

/** What somebody offered and did not hand over says enough: so long nothing of his is taken. */
const FAILED_MS = 10 * 60_000;

/** While the store cannot keep what was fetched, as on a full disk, it is tried this often: each
 * try is somebody's upload for nothing. */
const UNKEPT_MS = 60_000;
/** What tells so; a store that is busy, or closes, may keep the next. */
const UNKEPT_CODES: ReadonlySet<SkerryErrorCode> = new Set(["STORE_FULL", "DISK_FAILED"]);

/** What a failed fetch says about who offered it; being busy, or short of the hour's bytes, says
 * nothing. */
const BAD_RESULTS: ReadonlySet<PullResult["result"]> = new Set([
  "stalled",
  "late",
  "wrong",
  "unknown",
]);

interface Fetched {
  readonly isKept: boolean;
  /** Of what was promised, at most. */
  readonly arrivedBytes: number;
  readonly isBad: boolean;
}

/** Answers OFFERs and fetches what this node takes of them. */
export class OfferTaker implements LoopPart {
  readonly #intake: OfferIntake<ConnectionHandle>;
  readonly #plan: PlacementPlan;
  readonly #isOn: boolean;
  readonly #transport: Pick<Transport, "sendMessage" | "info">;
  readonly #verified: Pick<VerifiedWork, "nodeIdOf">;
  readonly #puller: Pick<OfferPuller, "pull">;
  readonly #store: Pick<ChunkStore, "put" | "has">;
  readonly #clock: Clock;
  readonly #isBusy: () => boolean;
  readonly #onUnkept: (id: ChunkId, error: unknown) => void;
  readonly #wake: () => void;
  readonly #buckets = new TokenBuckets(OFFERS_PER_SECOND, OFFERS_BURST, PEERS_MAX);
  /** Public keys whose offers are refused, and until when. BOUNDED by PEERS_MAX, as the proven
   * identities are that can come in; the oldest goes first. */
  readonly #failed = new BoundedMap<string, Instant>(PEERS_MAX);
  #nextAt: Instant;
  /** Nothing is taken before. What is held is told of all the same: who offers it would else copy
   * it to somebody else. */
  #closedUntil: Instant;

  constructor(options: {
    intake: OfferIntake<ConnectionHandle>;
    plan: PlacementPlan;
    /** False: this node takes nothing, and says so. */
    isOn: boolean;
    transport: Pick<Transport, "sendMessage" | "info">;
    verified: Pick<VerifiedWork, "nodeIdOf">;
    puller: Pick<OfferPuller, "pull">;
    store: Pick<ChunkStore, "put" | "has">;
    clock: Clock;
    /** Somebody here waits for bytes from the network. */
    isBusy: () => boolean;
    /** An object could not be stored. */
    onUnkept: (id: ChunkId, error: unknown) => void;
    wake: () => void;
  }) {
    this.#intake = options.intake;
    this.#plan = options.plan;
    this.#isOn = options.isOn;
    this.#transport = options.transport;
    this.#verified = options.verified;
    this.#puller = options.puller;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#isBusy = options.isBusy;
    this.#onUnkept = options.onUnkept;
    this.#wake = options.wake;
    this.#nextAt = options.clock.now();
    this.#closedUntil = this.#nextAt;
  }

  /** @returns why it is dropped, if it is. */
  handleOffer(
    connection: ConnectionHandle,
    { requestId, ids, lengths }: MessageOfType<"OFFER">,
    now: Instant,
  ): DropReason | undefined {
    const info = this.#transport.info(connection);
    if (info === undefined) return "unexpected";
    if (!this.#buckets.take(toHex(info.publicKey), now)) return "limit";
    const known = decodeLengths(lengths, ids.length);
    if (known === undefined) return "bad_message";
    const keys = ids.map((key, i): OfferedKey => ({ key, bytes: known[i] ?? 0 }));
    const { publicKey, address, work: { idNonce } } = info;
    const nodeId = this.#verified.nodeIdOf(publicKey, idNonce);
    // An identity costs work; a key costs nothing. Who has not proven his, or has failed, waits.
    const isHeard = nodeId !== undefined && (this.#failed.get(toHex(publicKey)) ?? now) <= now;
    const answers = keys.map((offered): OfferAnswer =>
      isHeard ? this.#answer(connection, offered, now) : "refused"
    );
    const reply = { type: "OFFER_REPLY", requestId, ...bitmapsOf(answers) } as const;
    this.#transport.sendMessage(connection, encodeMessage(reply), now);
    if (this.#isOn && nodeId !== undefined) {
      const held = keys.filter((_, i) => answers[i] === "held");
      this.#plan.handleOffered({ publicKey, address, nodeId, idNonce }, held, now);
    }
    this.#wake();
    return undefined;
  }

  turn(now: Instant): void {
    for (;;) {
      if (this.#opensAt() > now) return;
      const pull = this.#intake.next(now);
      if (pull === undefined) return;
      this.#nextAt = after(now, BUSY_MS);
      void this.#take(pull);
    }
  }

  nextTimeout(): Instant | undefined {
    const isHeld = this.#isBusy() || this.#closedUntil > this.#clock.now();
    return this.#intake.waiting > 0 && isHeld ? this.#opensAt() : undefined;
  }

  #opensAt(): Instant {
    return this.#isBusy()
      ? Math.max(this.#nextAt, this.#closedUntil) as Instant
      : this.#closedUntil;
  }

  #answer(peer: ConnectionHandle, offered: OfferedKey, now: Instant): OfferAnswer {
    if (this.#closedUntil <= now) return this.#intake.answer(peer, offered, now);
    return this.#store.has(asChunkId(offered.key)) ? "held" : "refused";
  }

  async #take(pull: Pull<ConnectionHandle>): Promise<void> {
    const publicKey = this.#transport.info(pull.peer)?.publicKey;
    const { isKept, arrivedBytes, isBad } = await this.#fetch(pull);
    this.#intake.finished(pull, isKept, this.#clock.now(), arrivedBytes);
    if (isBad && publicKey !== undefined) this.#refuse(pull.peer, toHex(publicKey));
    if (isKept) this.#plan.add(pull.key, pull.bytes, this.#clock.now(), { isTaken: true });
    this.#wake();
  }

  #refuse(peer: ConnectionHandle, publicKey: string): void {
    this.#failed.delete(publicKey); // the youngest now
    this.#failed.set(publicKey, after(this.#clock.now(), FAILED_MS));
    this.#intake.forget(peer);
  }

  /** Kept means that the object lies in the store under the name that it was offered by. */
  async #fetch({ peer, key, bytes }: Pull<ConnectionHandle>): Promise<Fetched> {
    const name = asChunkId(key);
    const pulled = await this.#puller.pull(peer, name, bytes, "either");
    if (pulled.result !== "pulled") {
      const arrivedBytes = ["wrong", "late"].includes(pulled.result) ? bytes : 0; // at most
      return { isKept: false, arrivedBytes, isBad: BAD_RESULTS.has(pulled.result) };
    }
    try {
      const alias = manifestAlias(pulled.bytes);
      const options = { pinned: false, ...(alias && { alias }) };
      await this.#store.put(asChunkId(sha1(pulled.bytes)), pulled.bytes, options);
    } catch (error) {
      if (error instanceof SkerryError && UNKEPT_CODES.has(error.code)) {
        this.#closedUntil = after(this.#clock.now(), UNKEPT_MS);
      }
      this.#onUnkept(name, error);
      return { isKept: false, arrivedBytes: bytes, isBad: false };
    }
    return { isKept: this.#store.has(name), arrivedBytes: bytes, isBad: false };
  }
}

function bitmapsOf(answers: readonly OfferAnswer[]): { held: Uint8Array; wanted: Uint8Array } {
  const bitmap = (...words: readonly OfferAnswer[]): Uint8Array => {
    const bytes = new Uint8Array(Math.ceil(answers.length / 8));
    answers.forEach((answer, i) => {
      if (words.includes(answer)) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
    });
    return bytes;
  };
  return { held: bitmap("held", "coming"), wanted: bitmap("wanted", "coming") };
}
