import {
  asChunkId,
  type ChunkId,
  SeededRandom,
  SkerryError,
  toHex,
  type UnixMs,
} from "../../../../src/lib/mod.ts";
import {
  Account,
  add,
  FreePool,
  HOSTING_AHEAD_MAX_MS,
  HostingContracts,
  hostingPrice,
  newAccountState,
  ReceiptBook,
  Sales,
  WEEK_MS,
} from "../../../../src/market/mod.ts";
import { Hosting } from "../../../../src/node/host/hosting.ts";
import type { PutOptions } from "../../../../src/node/keep/chunk_store.ts";
import type { PullResult } from "../../../../src/node/copies/pull_offer.ts";
import { HostingTable } from "../../../../src/store/mod.ts";
import {
  decodeMessage,
  HOSTING_CODE,
  isDrop,
  type MessageOfType,
} from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { keyOf, MIB, NETWORK_ID } from "../../../support/market_parts.ts";
import { PEER, TradeParts } from "../../../support/trade_parts.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

const id = (n: number): ChunkId => asChunkId(new Uint8Array(20).fill(n));
const PRICE = hostingPrice(MIB, 1, 0n);

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
function sign({ account, peerKey, clock }: TradeParts, placedCb: bigint, bytes = 0): void {
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

/** @param bumped what those earn that have to go; "nobody": none can. */
function setUp(
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

test("who bought a place has its chunk pulled and kept, and owes it by its word", async () => {
  const { parts, store, pulls, buy, db, hosting } = setUp();
  const reply = await buy(1);
  expect(reply).toMatchObject({ code: HOSTING_CODE.agreed, price: PRICE });
  expect([pulls, store.held.get(toHex(id(1)))]).toEqual([["01"], true]);
  expect(store.isAlone).toEqual([true]); // no manifest came with it: a start tells of it by its id
  const { account } = parts;
  expect([account.state.unacknowledgedCb, account.reserved.cb]).toEqual([PRICE, 0n]);
  expect(account.balance.cb).toBe(0n);
  sign(parts, PRICE);
  expect([account.state.unacknowledgedCb, account.balance.cb]).toEqual([0n, PRICE]);
  const until = Math.floor((parts.clock.unixMs() + WEEK_MS) / 1000);
  expect(Math.abs(reply.until - until)).toBeLessThanOrEqual(1);
  expect(new HostingTable(db).all()).toMatchObject([{ id: id(1), bytes: MIB }]);
  expect([hosting.earnedCb, parts.file.rows.size]).toEqual([PRICE, 1]);
});

test("a publisher whose rank is not greater is refused, and told what it takes", async () => {
  for (const rank of [0, 11, 12]) {
    const reply = await setUp({ rank }).quote(1);
    expect(reply).toMatchObject({ code: HOSTING_CODE.rank, rank: 13, price: undefined });
  }
  expect((await setUp({ rank: 13 }).quote(1)).code).toBe(HOSTING_CODE.agreed);
  expect((await setUp({ rank: 0, hasLimits: false }).quote(1)).code).toBe(HOSTING_CODE.agreed);
});

test("who offers less than what has to go brings is told the price; nothing moves", async () => {
  const bumped = 7_000_000n;
  const { pulls, parts, quote, order, answer } = setUp({ bumped });
  const { quote: number, price } = await quote(1);
  expect(price).toBe(bumped);
  order(1, number, bumped - 1n);
  expect(await answer()).toMatchObject({ code: HOSTING_CODE.underpaid, price: bumped });
  expect([pulls, parts.account.balance.cb]).toEqual([[], 0n]);
  order(1, number, bumped);
  expect((await answer()).code).toBe(HOSTING_CODE.agreed);
});

test("an order without a quote of one's own is dropped before anything moves (S2-13)", async () => {
  const { pulls, sent, quote, order, parts, buy } = setUp();
  expect(order(1, 12345)).toBe("unexpected");
  const { quote: number } = await quote(1);
  expect(order(2, number)).toBe("unexpected"); // a quote for another chunk
  await parts.world.advanceSettled(60_000);
  expect(order(1, number)).toBe("unexpected"); // too late
  expect([pulls, sent]).toEqual([[], []]);
  await buy(3);
  expect(order(3, number)).toBe("unexpected"); // taken up before
});

test("whose answer got lost for good owes nothing for it, and is caught at nothing", async () => {
  const { parts, buy } = setUp({ bumped: BigInt(20 * MIB) });
  expect((await buy(1, BigInt(20 * MIB))).code).toBe(HOSTING_CODE.agreed);
  add(parts.account.state.sold, BigInt(MIB), BigInt(MIB));
  sign(parts, 0n, MIB); // all that it knows of, once and for all
  expect([parts.account.faultsAt(parts.clock.unixMs()), parts.account.balance.cb])
    .toEqual([0, BigInt(MIB)]);
  expect(parts.account.state.writtenOff).toEqual({ bytes: 0n, cb: 0n });
});

test("an order that is sent again is answered the same, and charged and pulled once", async () => {
  const { parts, pulls, quote, order, answer } = setUp();
  const { quote: number } = await quote(1);
  order(1, number);
  expect(order(1, number)).toBeUndefined(); // while it is carried out
  const first = await answer();
  expect(await answer()).toEqual(first);
  await parts.world.advanceSettled(120_000);
  order(1, number);
  expect(await answer()).toEqual(first);
  expect([pulls, parts.account.state.unacknowledgedCb]).toEqual([["01"], PRICE]);
  expect(order(2, number)).toBe("unexpected");
});

test("the price has to fit the publisher's line, and what it orders meanwhile counts", async () => {
  const { parts, pulls, quote, order, answer } = setUp();
  const room = parts.account;
  room.rank = 13;
  add(room.state.sold, 0n, room.lineAt(parts.clock.unixMs()) - PRICE);
  const [one, two] = [await quote(1), await quote(2)];
  order(1, one.quote);
  order(2, two.quote);
  const codes = [(await answer()).code, (await answer()).code];
  expect(codes.sort()).toEqual([HOSTING_CODE.agreed, HOSTING_CODE.credit]);
  expect(pulls).toEqual(["01"]);
});

test("nothing is charged for what could not be pulled or stored", async () => {
  const { parts, world, store, buy, hosting } = setUp();
  for (const [result, code] of [["wrong", "failed"], ["busy", "busy"]] as const) {
    world.pulled = { result };
    expect((await buy(1)).code).toBe(HOSTING_CODE[code]);
    await parts.world.advanceSettled(60_000);
  }
  world.pulled = { result: "pulled", bytes: new Uint8Array(MIB) };
  store.isFull = true;
  expect((await buy(1)).code).toBe(HOSTING_CODE.full);
  expect([parts.account.balance.cb, parts.account.reserved.cb, hosting.earnedCb])
    .toEqual([0n, 0n, 0n]);
});

test("a place that could not be written down takes no room and costs nothing", async () => {
  const { parts, store, buy } = setUp();
  store.isBroken = true;
  for (let n = 1; n <= 4; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.failed);
  expect(parts.account.balance.cb).toBe(0n);
  store.isBroken = false;
  for (let n = 5; n <= 8; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.agreed);
});

test("no more is sold than there is room, a quarter of it to one publisher", async () => {
  const { quote, buy } = setUp();
  for (let n = 1; n <= 4; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.agreed);
  expect((await quote(5)).code).toBe(HOSTING_CODE.full);
  expect((await quote(1)).code).toBe(HOSTING_CODE.agreed); // for longer
  expect((await setUp({ bumped: "nobody" }).quote(1)).code).toBe(HOSTING_CODE.full);
});

test("of orders at once one gets the last place; no chunk is pulled for another", async () => {
  const { pulls, sent, buy, quote, order, answer } = setUp();
  for (let n = 1; n <= 3; n++) await buy(n);
  const [one, two] = [await quote(4), await quote(5)];
  order(4, one.quote);
  order(5, two.quote);
  const codes = [(await answer()).code, (await answer()).code];
  expect([codes.sort(), sent]).toEqual([[HOSTING_CODE.agreed, HOSTING_CODE.full].sort(), []]);
  expect(pulls).toEqual(["01", "02", "03", "04"]);
});

test("what is denied, and what has no price, is refused without a reason", async () => {
  const { quote } = setUp();
  expect((await quote(99)).code).toBe(HOSTING_CODE.refused);
  for (const [weeks, bytes] of [[0, 1], [53, 1], [1, 0], [1, MIB + 1]] as const) {
    expect((await quote(1, weeks, bytes)).code).toBe(HOSTING_CODE.refused);
  }
});

test("paid twice is kept twice as long, and let go when that is over, not before", async () => {
  const { parts, store, open, buy, hosting, db } = setUp();
  await buy(1);
  const { until } = await buy(1);
  const endsMs = parts.clock.unixMs() + 2 * WEEK_MS;
  expect(Math.abs(until * 1000 - endsMs)).toBeLessThanOrEqual(2_000);
  const again = open(); // as after a crash: what was acknowledged is kept
  await parts.world.advanceSettled(2 * WEEK_MS - 120_000);
  again.turn(parts.now);
  await parts.world.advanceSettled(50);
  expect([store.held.get(toHex(id(1))), new HostingTable(db).all().length]).toEqual([true, 1]);
  await parts.world.advanceSettled(180_000);
  again.turn(parts.now);
  await parts.world.advanceSettled(50);
  expect([store.held.get(toHex(id(1))), new HostingTable(db).all()]).toEqual([false, []]);
  expect(hosting.nextTimeout()).toBeDefined();
  expect(again.nextTimeout()).toBeUndefined();
});

test("who tells old bytes to be places buys no more of them than its line pays for", async () => {
  const { parts, quote, order, answer } = setUp({ bumped: BigInt(3 * MIB) });
  const { account, clock } = parts;
  const paid = BigInt(512 * MIB); // for a 16th as many bytes: a window is worth 32 MiB of credit
  add(account.state.sold, paid / 16n, paid);
  account.state.paidCb = paid;
  const books = [parts.peerKey, keyOf(1)].map((key) => new ReceiptBook(key, NETWORK_ID));
  const atPublisher = new Account(newAccountState(keyOf(1).publicKey, clock.unixMs()));
  add(atPublisher.state.bought, paid / 16n, paid);
  let [kept, placedCb] = [0, 0n];
  for (; kept < 12; kept++) {
    const { quote: number } = await quote(kept, 1, MIB / 4);
    order(kept, number, BigInt(3 * MIB));
    if ((await answer()).code !== HOSTING_CODE.agreed) break;
    placedCb += BigInt(3 * MIB);
    const { bytes } = books[0]?.sign(atPublisher, clock.unixMs()) ?? { bytes: new Uint8Array() };
    const told = { isFinal: true, windowBytes: BigInt(2 * MIB), placedCb };
    expect(books[1]?.take(account, bytes, told, clock.unixMs()).verdict).toBe("taken");
  }
  expect([account.balance.cb, account.state.unacknowledgedCb]).toEqual([0n, 0n]);
  expect([kept, account.lineAt(clock.unixMs())]).toEqual([8, BigInt(26 * MIB)]); // 8 × 3 ≤ 26
});

test("who never says that it owes places is kept no more of than its line pays for", async () => {
  const { parts, buy } = setUp();
  const { account } = parts;
  account.rank = 13;
  account.state.unacknowledgedCb = account.lineAt(parts.clock.unixMs()) - PRICE;
  expect((await buy(1)).code).toBe(HOSTING_CODE.agreed);
  expect((await buy(2)).code).toBe(HOSTING_CODE.credit);
});

test("of one publisher four chunks are pulled at once, none after one that failed", async () => {
  const { parts, world, pulls, sent, quote, order, answer, buy } = setUp({ hasLimits: false });
  const numbers: number[] = [];
  for (let n = 1; n <= 5; n++) numbers.push((await quote(n, 1, MIB / 2)).quote);
  numbers.forEach((number, i) => order(i + 1, number));
  const codes: number[] = [];
  do codes.push((await answer()).code); while (sent.length > 0);
  expect(codes.filter((code) => code === HOSTING_CODE.busy).length).toBe(1);
  expect(pulls).toEqual(["01", "02", "03", "04"]);
  world.pulled = { result: "late" };
  expect((await buy(5)).code).toBe(HOSTING_CODE.failed);
  expect((await buy(5)).code).toBe(HOSTING_CODE.busy);
  expect(pulls.length).toBe(5);
  await parts.world.advanceSettled(60_000);
  world.pulled = { result: "pulled", bytes: new Uint8Array(MIB) };
  expect((await buy(5)).code).toBe(HOSTING_CODE.agreed);
});

test("a place is paid for a year and a day ahead at most; what lies beyond is cut", async () => {
  const { parts, open, buy, quote, order, answer, db } = setUp({ hasLimits: false });
  const year = hostingPrice(MIB, 52, 0n);
  const [{ quote: early }, { quote: late }] = [await quote(1, 52), await quote(1, 52)];
  order(1, early, year);
  expect((await answer()).code).toBe(HOSTING_CODE.agreed);
  order(1, late, year); // quoted before there was a place to renew
  expect(await answer()).toMatchObject({ code: HOSTING_CODE.full, until: 0 });
  expect((await quote(1)).code).toBe(HOSTING_CODE.full);
  await parts.world.advanceSettled(51 * WEEK_MS - 120_000);
  expect((await quote(1, 52)).code).toBe(HOSTING_CODE.full);
  await parts.world.advanceSettled(6 * WEEK_MS / 7 + 120_000);
  const { until } = await buy(1, year, 52);
  const aheadMs = until * 1000 - parts.clock.unixMs();
  expect([aheadMs > 52 * WEEK_MS, aheadMs <= HOSTING_AHEAD_MAX_MS]).toEqual([true, true]);
  const [row] = new HostingTable(db).all();
  if (row === undefined) throw new Error("no row");
  new HostingTable(db).save({ ...row, untilMs: 2 ** 32 * 1000 as UnixMs });
  const again = open();
  await parts.world.advanceSettled(HOSTING_AHEAD_MAX_MS + 60_000);
  again.turn(parts.now);
  await parts.world.advanceSettled(50);
  expect(new HostingTable(db).all()).toEqual([]);
});

test("an answer that cannot be sent is logged, and the node lives", async () => {
  const { parts, world, quote, order } = setUp();
  const { quote: number } = await quote(1);
  world.isMute = true;
  order(1, number);
  await parts.world.advanceSettled(50);
  expect(parts.log).toEqual(["hosting_failed"]);
});

test("one who asks and asks is answered a bounded number of times", () => {
  const { parts, hosting } = setUp();
  const drops = Array.from({ length: 200 }, () =>
    hosting.handlers.QUOTE?.(
      PEER,
      { type: "QUOTE", requestId: 7, id: id(1), bytes: 1, weeks: 1 },
      parts.now,
    ));
  expect(drops.filter((drop) => drop === "limit").length).toBe(100);
});
