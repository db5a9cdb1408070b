import { asChunkId, type ChunkId, SeededRandom, SkerryError, toHex } from "../../src/lib/mod.ts";
import {
  Account,
  add,
  FreePool,
  HostingContracts,
  hostingPrice,
  newAccountState,
  ReceiptBook,
  Sales,
} from "../../src/market/mod.ts";
import type { PullResult } from "../../src/node/copies/pull_offer.ts";
import { Hosting } from "../../src/node/host/hosting.ts";
import type { PutOptions } from "../../src/node/keep/chunk_store.ts";
import { HostingTable } from "../../src/store/mod.ts";
import { decodeMessage, isDrop, type MessageOfType } from "../../src/wire/mod.ts";
import { memoryDatabase } from "../unit/store/fixtures.ts";
import { expect } from "./harness.ts";
import { keyOf, MIB, NETWORK_ID } from "./market_parts.ts";
import { PEER, TradeParts } from "./trade_parts.ts";

export const id = (n: number): ChunkId => asChunkId(new Uint8Array(20).fill(n));
export const PRICE = hostingPrice(MIB, 1, 0n);

/** Either reply: what one of them has not got, a test does not ask of it. */
type Answer =
  & Omit<MessageOfType<"QUOTE_REPLY">, "type">
  & Omit<MessageOfType<"STORE_REPLY">, "type">;

/** A store of names alone: what is put is there, and one that is full of pins takes nothing. */
class NamedStore {
  readonly held = new Map<string, boolean>();
  isFull = false;
  isBroken = false;
  has = (chunk: ChunkId): boolean => this.held.has(toHex(chunk));
  isAlone: (boolean | undefined)[] = [];
  put = (chunk: ChunkId, _bytes: Uint8Array, { isAlone }: PutOptions): Promise<"stored"> => {
    if (this.isFull) return Promise.reject(new SkerryError("STORE_FULL", "full of pins"));
    this.isAlone.push(isAlone);
    this.held.set(toHex(chunk), false);
    return Promise.resolve("stored");
  };
  host = (chunk: ChunkId, isHosted: boolean, change: () => void): Promise<boolean> => {
    if (!this.has(chunk)) return Promise.resolve(false);
    if (this.isBroken) return Promise.reject(new SkerryError("DISK_FAILED", "no disk"));
    this.held.set(toHex(chunk), isHosted);
    change();
    return Promise.resolve(true);
  };
  writeRows = (change: () => void): Promise<void> => Promise.resolve(change());
}

/** The publisher's last word: so much for places, and so many bytes at factor 1 besides. */
export function sign({ account, peerKey, clock }: TradeParts, placedCb: bigint, bytes = 0): void {
  const own = keyOf(1);
  const atPublisher = new Account(newAccountState(own.publicKey, clock.unixMs()));
  add(atPublisher.state.bought, BigInt(bytes), BigInt(bytes));
  atPublisher.state.placedCb = placedCb;
  const receipt = new ReceiptBook(peerKey, NETWORK_ID).sign(atPublisher, clock.unixMs());
  const terms = { isFinal: true, windowBytes: BigInt(MIB), placedCb };
  const verdict = new ReceiptBook(own, NETWORK_ID)
    .take(account, receipt.bytes, terms, clock.unixMs());
  expect(verdict.verdict).toBe("taken");
}

/** A node that keeps chunks for pay, and a publisher of it.
 * @param bumped what those earn that have to go; "nobody": none can. */
export function hostingWorld(
  { hasLimits = true, rank = 13, ownRank = 12, bumped = 0n as bigint | "nobody" } = {},
) {
  const parts = new TradeParts();
  parts.rank = rank;
  const sent: Uint8Array[] = [];
  const pulls: string[] = [];
  const world = {
    pulled: { result: "pulled", bytes: new Uint8Array(MIB) } as PullResult,
    isMute: false,
  };
  const store = new NamedStore();
  const db = memoryDatabase();
  const open = () =>
    new Hosting({
      transport: {
        sendMessage(_to, bytes) {
          if (world.isMute) throw new Error("no way out");
          return sent.push(bytes) > 0;
        },
      },
      store,
      table: new HostingTable(db),
      contracts: new HostingContracts(),
      puller: {
        pull(_from, chunk) {
          pulls.push(toHex(chunk).slice(0, 2));
          return Promise.resolve(world.pulled);
        },
      },
      standings: parts.standings,
      sales: new Sales(new FreePool(0), hasLimits),
      keeper: parts.keeper,
      clock: parts.clock,
      random: new SeededRandom(1),
      logger: parts.logger,
      hasLimits,
      ownRank: () => ownRank,
      roomBytes: () => 16 * MIB,
      bumpedCb: () => bumped === "nobody" ? undefined : bumped,
      isDenied: (chunk) => chunk[0] === 99,
      onHosted: () => {},
    });
  const hosting = open();
  /** What the node answers, once disk and pulls have had their time. */
  const answer = async () => {
    await parts.world.advanceSettled(50);
    const message = decodeMessage(sent.shift() ?? new Uint8Array());
    if (isDrop(message)) throw new Error("no answer");
    return message as unknown as Answer;
  };
  const quote = async (n: number, weeks = 1, bytes = MIB) => {
    const ask = { type: "QUOTE" as const, requestId: 7, id: id(n), bytes, weeks };
    expect(hosting.handlers.QUOTE?.(PEER, ask, parts.now)).toBeUndefined();
    return await answer();
  };
  const order = (n: number, number: number, price = PRICE) =>
    hosting.handlers.STORE?.(
      PEER,
      { type: "STORE", requestId: 8, quote: number, id: id(n), price },
      parts.now,
    );
  const buy = async (n: number, price?: bigint, weeks = 1) => {
    const { quote: number } = await quote(n, weeks);
    expect(order(n, number, price)).toBeUndefined();
    return await answer();
  };
  return { parts, store, world, pulls, sent, hosting, open, db, quote, order, buy, answer };
}
