import { toHex, type UnixMs } from "../../../../src/lib/mod.ts";
import {
  Account,
  ACKNOWLEDGE_MS,
  add,
  HOSTING_AHEAD_MAX_MS,
  hostingPrice,
  newAccountState,
  ReceiptBook,
  WEEK_MS,
} from "../../../../src/market/mod.ts";
import { HostingTable } from "../../../../src/store/mod.ts";
import { HOSTING_CODE } from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { hostingWorld, id, PRICE, sign } from "../../../support/hosting_world.ts";
import { keyOf, MIB, NETWORK_ID } from "../../../support/market_parts.ts";
import { PEER } from "../../../support/trade_parts.ts";

test("who bought a place has its chunk pulled and kept, and owes it by its word", async () => {
  const { parts, store, pulls, buy, db, hosting } = hostingWorld();
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
    const reply = await hostingWorld({ rank }).quote(1);
    expect(reply).toMatchObject({ code: HOSTING_CODE.rank, rank: 13, price: undefined });
  }
  expect((await hostingWorld({ rank: 13 }).quote(1)).code).toBe(HOSTING_CODE.agreed);
  expect((await hostingWorld({ rank: 0, hasLimits: false }).quote(1)).code).toBe(
    HOSTING_CODE.agreed,
  );
});

test("who offers less than what has to go brings is told the price; nothing moves", async () => {
  const bumped = 7_000_000n;
  const { pulls, parts, quote, order, answer } = hostingWorld({ bumped });
  const { quote: number, price } = await quote(1);
  expect(price).toBe(bumped);
  order(1, number, bumped - 1n);
  expect(await answer()).toMatchObject({ code: HOSTING_CODE.underpaid, price: bumped });
  expect([pulls, parts.account.balance.cb]).toEqual([[], 0n]);
  order(1, number, bumped);
  expect((await answer()).code).toBe(HOSTING_CODE.agreed);
});

test("an order without a quote of one's own is dropped before anything moves (S2-13)", async () => {
  const { pulls, sent, quote, order, parts, buy } = hostingWorld();
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
  const { parts, buy } = hostingWorld({ bumped: BigInt(20 * MIB) });
  expect((await buy(1, BigInt(20 * MIB))).code).toBe(HOSTING_CODE.agreed);
  add(parts.account.state.sold, BigInt(MIB), BigInt(MIB));
  sign(parts, 0n, MIB); // all that it knows of, once and for all
  expect([parts.account.faultsAt(parts.clock.unixMs()), parts.account.balance.cb])
    .toEqual([0, BigInt(MIB)]);
  expect(parts.account.state.writtenOff).toEqual({ bytes: 0n, cb: 0n });
});

test("an order that is sent again is answered the same, and charged and pulled once", async () => {
  const { parts, pulls, quote, order, answer } = hostingWorld();
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
  const { parts, pulls, quote, order, answer } = hostingWorld();
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
  const { parts, world, store, buy, hosting } = hostingWorld();
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
  const { parts, store, buy } = hostingWorld();
  store.isBroken = true;
  for (let n = 1; n <= 4; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.failed);
  expect(parts.account.balance.cb).toBe(0n);
  store.isBroken = false;
  for (let n = 5; n <= 8; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.agreed);
});

test("no more is sold than there is room, a quarter of it to one publisher", async () => {
  const { quote, buy } = hostingWorld();
  for (let n = 1; n <= 4; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.agreed);
  expect((await quote(5)).code).toBe(HOSTING_CODE.full);
  expect((await quote(1)).code).toBe(HOSTING_CODE.agreed); // for longer
  expect((await hostingWorld({ bumped: "nobody" }).quote(1)).code).toBe(HOSTING_CODE.full);
});

test("of orders at once one gets the last place; no chunk is pulled for another", async () => {
  const { pulls, sent, buy, quote, order, answer } = hostingWorld();
  for (let n = 1; n <= 3; n++) await buy(n);
  const [one, two] = [await quote(4), await quote(5)];
  order(4, one.quote);
  order(5, two.quote);
  const codes = [(await answer()).code, (await answer()).code];
  expect([codes.sort(), sent]).toEqual([[HOSTING_CODE.agreed, HOSTING_CODE.full].sort(), []]);
  expect(pulls).toEqual(["01", "02", "03", "04"]);
});

test("what is denied, and what has no price, is refused without a reason", async () => {
  const { quote } = hostingWorld();
  expect((await quote(99)).code).toBe(HOSTING_CODE.refused);
  for (const [weeks, bytes] of [[0, 1], [53, 1], [1, 0], [1, MIB + 1]] as const) {
    expect((await quote(1, weeks, bytes)).code).toBe(HOSTING_CODE.refused);
  }
});

test("paid twice is kept twice as long, and let go when that is over, not before", async () => {
  const { parts, store, open, buy, hosting, db } = hostingWorld();
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

test("a place that its publisher never says to owe is let go of after a day", async () => {
  const { parts, store, quote, buy, hosting, db } = hostingWorld();
  for (let n = 1; n <= 4; n++) expect((await buy(n)).code).toBe(HOSTING_CODE.agreed);
  expect((await quote(5)).code).toBe(HOSTING_CODE.full);
  const turnAt = async (ms: number) => {
    await parts.world.advanceSettled(ms);
    hosting.turn(parts.now);
    await parts.world.advanceSettled(50);
  };
  await turnAt(ACKNOWLEDGE_MS - 120_000);
  expect(new HostingTable(db).all().length).toBe(4);
  await turnAt(180_000);
  expect([...store.held.values()]).toEqual([false, false, false, false]);
  expect(new HostingTable(db).all()).toEqual([]);
  const days = Number(parts.account.state.unacknowledgedCb) * 7 / Number(4n * PRICE);
  expect(days).toBeCloseTo(1, 2); // for the day that it was kept
  expect(parts.log).toEqual(Array<string>(4).fill("place_let_go"));
  expect((await quote(5)).code).toBe(HOSTING_CODE.agreed);
});

test("who lets each place lapse has a week of them for the price of one, once", async () => {
  const { parts, buy, hosting } = hostingWorld();
  const { account } = parts;
  account.rank = 13;
  account.state.unacknowledgedCb = account.lineAt(parts.clock.unixMs()) - 2n * PRICE;
  const codes: number[] = [];
  for (let day = 0; day < 14; day++) {
    codes.push((await buy(1)).code);
    await parts.world.advanceSettled(ACKNOWLEDGE_MS + 60_000);
    hosting.turn(parts.now);
    await parts.world.advanceSettled(50);
  }
  const { agreed, credit } = HOSTING_CODE;
  expect(codes).toEqual([...Array<number>(7).fill(agreed), ...Array<number>(7).fill(credit)]);
});

test("a place stays that is owed by a ledger that was put back, as bought", async () => {
  const { parts, store, buy, hosting } = hostingWorld();
  const { account, peerKey, clock } = parts;
  await buy(1);
  await buy(2);
  sign(parts, 2n * PRICE);
  const book = new ReceiptBook(peerKey, NETWORK_ID);
  const putBack = new Account(newAccountState(keyOf(1).publicKey, clock.unixMs()));
  putBack.state.epoch = account.state.theirs?.epoch ?? 0; // it knows of none of its places
  expect(book.adopt(putBack, account.state.theirs?.bytes ?? new Uint8Array())).toBe(true);
  await buy(3);
  putBack.state.placedCb += PRICE;
  const { bytes } = book.sign(putBack, clock.unixMs());
  const told = { isFinal: true, windowBytes: BigInt(MIB), placedCb: PRICE };
  const own = new ReceiptBook(keyOf(1), NETWORK_ID);
  expect(own.take(account, bytes, told, clock.unixMs()).verdict).toBe("taken");
  expect([account.state.hostedCb, account.balance.cb]).toEqual([2n * PRICE, 3n * PRICE]);
  await parts.world.advanceSettled(ACKNOWLEDGE_MS + 60_000);
  hosting.turn(parts.now);
  await parts.world.advanceSettled(50);
  expect([...store.held.values()]).toEqual([true, true, true]);
});

test("a renewal that nobody says to owe leaves the place that is paid for", async () => {
  const { parts, store, buy, hosting, db } = hostingWorld();
  const { until } = await buy(1);
  sign(parts, PRICE);
  await parts.world.advanceSettled(60_000);
  hosting.turn(parts.now);
  await buy(1);
  await parts.world.advanceSettled(ACKNOWLEDGE_MS + 60_000);
  hosting.turn(parts.now);
  await parts.world.advanceSettled(50);
  expect(store.held.get(toHex(id(1)))).toBe(true);
  expect(parts.account.state.unacknowledgedCb).toBe(0n); // nothing was kept for it
  const [row] = new HostingTable(db).all();
  expect(Math.abs((row?.untilMs ?? 0) / 1000 - until)).toBeLessThanOrEqual(1);
});

test("who tells old bytes to be places buys no more of them than its line pays for", async () => {
  const { parts, quote, order, answer } = hostingWorld({ bumped: BigInt(3 * MIB) });
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
  const { parts, buy } = hostingWorld();
  const { account } = parts;
  account.rank = 13;
  account.state.unacknowledgedCb = account.lineAt(parts.clock.unixMs()) - PRICE;
  expect((await buy(1)).code).toBe(HOSTING_CODE.agreed);
  expect((await buy(2)).code).toBe(HOSTING_CODE.credit);
});

test("of one publisher four chunks are pulled at once, none after one that failed", async () => {
  const { parts, world, pulls, sent, quote, order, answer, buy } = hostingWorld({
    hasLimits: false,
  });
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
  const { parts, open, buy, quote, order, answer, db } = hostingWorld({ hasLimits: false });
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
  const { parts, world, quote, order } = hostingWorld();
  const { quote: number } = await quote(1);
  world.isMute = true;
  order(1, number);
  await parts.world.advanceSettled(50);
  expect(parts.log).toEqual(["hosting_failed"]);
});

test("one who asks and asks is answered a bounded number of times", () => {
  const { parts, hosting } = hostingWorld();
  const drops = Array.from({ length: 200 }, () =>
    hosting.handlers.QUOTE?.(
      PEER,
      { type: "QUOTE", requestId: 7, id: id(1), bytes: 1, weeks: 1 },
      parts.now,
    ));
  expect(drops.filter((drop) => drop === "limit").length).toBe(100);
});
