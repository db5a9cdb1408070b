import type { KnownNode, OfferAnswer, PlacementPlan, PlacementStep } from "../../dht/mod.ts";
import {
  after,
  asChunkId,
  BoundedMap,
  type ChunkId,
  earliest,
  equalBytes,
  type Instant,
  type Random,
  toHex,
} from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import type { ConnectionHandle, Transport } from "../../transport/mod.ts";
import {
  type DropReason,
  encodeLengths,
  encodeMessage,
  type MessageOfType,
} from "../../wire/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { LoopPart } from "../loop/driver.ts";
import type { DhtService } from "../peers/dht_service.ts";
import type { GiveBudget, Offers } from "./offers.ts";

/** An offer without an answer counts as silence after this long: a handshake is given up after
 * 10 s, and the message follows it. */
const SILENCE_MS = 12_000;
/** Rows read from the index per turn while the plan is loaded: each costs a look at the routing
 * table, 10 µs. */
const LOAD_PAGE = 200;
/** When a start loads them: not before the routing table knows who is near. */
const LOAD_AFTER_MS = 60_000;
/** What is loaded is looked at over this time: most of it lies where it belongs. */
const LOAD_SPREAD_MS = 10 * 60_000;
/** Cached content may have come near, as nodes have gone, since it was looked at last. */
const RELOAD_MS = 6 * 3_600_000;

/** Answers "wanted" that are remembered until the peer asks: as many as offers are open. */
const WANTED_MAX = 4_096;

type OfferStep = Extract<PlacementStep, { kind: "offer" }>;

interface Asked {
  readonly offer: OfferStep;
  readonly connection: ConnectionHandle;
  /** Which of the offer's keys were named. */
  readonly named: readonly number[];
  readonly until: Instant;
}

/** Carries the placement plan out: offers what is held here to those that are to hold it, and
 * tells the plan what they say. */
export class CopyKeeper implements LoopPart {
  readonly #plan: PlacementPlan;
  readonly #store: Pick<ChunkStore, "ids" | "lengthOf">;
  readonly #transport: Pick<Transport, "connect" | "sendMessage" | "info">;
  readonly #dht: Pick<DhtService, "findClosest">;
  readonly #offers: Offers;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #wake: () => void;
  /** By request id. BOUNDED by the plan's offers in flight. */
  readonly #asked = new Map<number, Asked>();
  /** What a peer has wanted and not asked for since, by its public key and the object's name.
   * BOUNDED by WANTED_MAX; the oldest goes first, and may then be wanted once more. */
  readonly #wanted = new BoundedMap<string, true>(WANTED_MAX);
  #load: { after: ChunkId | undefined } | undefined;
  #loadAt: Instant;

  constructor(options: {
    plan: PlacementPlan;
    store: Pick<ChunkStore, "ids" | "lengthOf">;
    transport: Pick<Transport, "connect" | "sendMessage" | "info">;
    dht: Pick<DhtService, "findClosest">;
    offers: Offers;
    clock: Clock;
    random: Random;
    wake: () => void;
  }) {
    this.#plan = options.plan;
    this.#store = options.store;
    this.#transport = options.transport;
    this.#dht = options.dht;
    this.#offers = options.offers;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#wake = options.wake;
    this.#loadAt = after(options.clock.now(), LOAD_AFTER_MS);
  }

  /** Something has been published here: it is handed on to where it belongs. */
  addOwn(keys: readonly ChunkId[]): void {
    const now = this.#clock.now();
    for (const key of keys) {
      const length = this.#store.lengthOf(key);
      if (length !== undefined) this.#plan.add(key, length, now, { isOwn: true });
    }
    this.#wake();
  }

  handleReply(
    connection: ConnectionHandle,
    { requestId, held, wanted }: MessageOfType<"OFFER_REPLY">,
    now: Instant,
  ): DropReason | undefined {
    const asked = this.#asked.get(requestId);
    if (asked === undefined || !this.#isFrom(asked.offer.to, connection)) return "unexpected";
    this.#asked.delete(requestId);
    const answers = asked.offer.keys.map((): OfferAnswer => "refused");
    asked.named.forEach((at, bit) => {
      const key = asked.offer.keys[at]?.key;
      if (key === undefined) return;
      const said = answerOf(hasBit(held, bit), hasBit(wanted, bit));
      const answer = this.#isIdleWish(asked.offer.to, key, said) ? "refused" : said;
      answers[at] = answer;
      if (answer !== "wanted") this.#offers.close("copy", asked.connection, key);
    });
    this.#plan.handleAnswers(asked.offer.id, answers, now);
    return undefined;
  }

  turn(now: Instant): void {
    this.#loadPage(now);
    for (const [requestId, asked] of this.#asked) {
      if (asked.until > now) break; // in the order of asking
      this.#handleSilence(requestId, asked, now);
    }
    const step = this.#plan.next(now);
    if (step?.kind === "offer") this.#offer(step, now);
    else if (step !== undefined) this.#search(step.target);
  }

  nextTimeout(): Instant | undefined {
    const now = this.#clock.now();
    const [first] = this.#asked.values();
    const loadAt = this.#load === undefined ? this.#loadAt : now;
    return earliest(loadAt, first?.until, this.#plan.nextTimeout(now));
  }

  #offer(offer: OfferStep, now: Instant): void {
    const lengths: number[] = [];
    const named: number[] = [];
    offer.keys.forEach(({ key }, at) => {
      const length = this.#store.lengthOf(asChunkId(key)); // gone, or denied meanwhile
      if (length === undefined) return this.#plan.remove(key);
      named.push(at);
      lengths.push(length);
    });
    if (named.length === 0) return this.#plan.handleAnswers(offer.id, [], now);
    const ids = named.map((at) => offer.keys[at]?.key).filter((key) => key !== undefined);
    const requestId = this.#random.u32();
    const connection = this.#transport.connect(offer.to, now);
    // Before it is sent: what is wanted may be asked for before the answer is read.
    for (const id of ids) this.#offers.open(connection, id, now, this.#budgetOf(offer.to, id));
    const lengthBytes = encodeLengths(lengths);
    const message = encodeMessage({ type: "OFFER", requestId, ids, lengths: lengthBytes });
    const asked = { offer, connection, named, until: after(now, SILENCE_MS) };
    this.#asked.set(requestId, asked);
    if (this.#transport.sendMessage(connection, message, now)) return;
    this.#handleSilence(requestId, asked, now);
  }

  /** Who does not answer is given nothing. */
  #handleSilence(requestId: number, { offer, connection }: Asked, now: Instant): void {
    this.#asked.delete(requestId);
    for (const { key } of offer.keys) this.#offers.close("copy", connection, key);
    this.#plan.handleAnswers(offer.id, undefined, now);
  }

  #budgetOf(to: KnownNode, key: Uint8Array): GiveBudget {
    return {
      mayGive: (now) => {
        this.#wanted.delete(wishOf(to, key));
        return this.#plan.mayGive(now);
      },
      noteGiven: (bytes, now) => this.#plan.noteGiven(bytes, now),
    };
  }

  /** Who wants a key a second time and has not asked for it meanwhile counts as refusing it: else
   * one that never pulls would be offered it for ever, and no other node in its place. */
  #isIdleWish(by: KnownNode, key: Uint8Array, answer: OfferAnswer): boolean {
    const wish = wishOf(by, key);
    if (this.#wanted.delete(wish)) return answer === "wanted";
    if (answer === "wanted") this.#wanted.set(wish, true);
    return false;
  }

  #search(target: Uint8Array): void {
    void this.#dht.findClosest(target).then((nodes) => {
      this.#plan.handleFound(nodes, this.#clock.now());
      this.#wake();
    });
  }

  #isFrom({ publicKey }: KnownNode, connection: ConnectionHandle): boolean {
    const peer = this.#transport.info(connection)?.publicKey;
    return peer !== undefined && equalBytes(peer, publicKey);
  }

  /** Published content has its place supplied; cached content counts if it lies near. */
  #loadPage(now: Instant): void {
    if (this.#load === undefined) {
      if (now < this.#loadAt) return;
      this.#load = { after: undefined };
    }
    const page = this.#store.ids(this.#load.after, LOAD_PAGE);
    for (const { id, alias, pinned } of page) {
      for (const key of alias === undefined ? [id] : [id, alias]) {
        if (!pinned && !this.#plan.isInRange(key)) continue;
        const length = this.#store.lengthOf(key);
        if (length === undefined) continue;
        this.#plan.add(key, length, now, { isOwn: pinned, spreadMs: LOAD_SPREAD_MS });
      }
    }
    this.#load.after = page.at(-1)?.id;
    if (page.length === LOAD_PAGE) return;
    this.#load = undefined;
    this.#loadAt = after(now, RELOAD_MS);
  }
}

const wishOf = ({ publicKey }: KnownNode, key: Uint8Array): string =>
  `${toHex(publicKey)} ${toHex(key)}`;

const hasBit = (bitmap: Uint8Array, bit: number): boolean =>
  ((bitmap[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;

function answerOf(isHeld: boolean, isWanted: boolean): OfferAnswer {
  if (isHeld && isWanted) return "coming";
  if (isHeld) return "held";
  return isWanted ? "wanted" : "refused";
}
