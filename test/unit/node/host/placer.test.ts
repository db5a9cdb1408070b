import { asChunkId, asPublicKey, type UnixMs } from "../../../../src/lib/mod.ts";
import { type PlacedObject, PlacementOrder, WEEK_MS } from "../../../../src/market/mod.ts";
import { QUOTE_MS, STORE_MS } from "../../../../src/node/host/hosting_client.ts";
import { Placer } from "../../../../src/node/host/placer.ts";
import { PlacementTable } from "../../../../src/store/mod.ts";
import { HOSTING_CODE } from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { PEER, TradeParts } from "../../../support/trade_parts.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

const META = asChunkId(new Uint8Array(20).fill(1));
const NODES = [1, 2, 3, 4].map((n) => ({
  publicKey: asPublicKey(new Uint8Array(32).fill(n)),
  address: { ip: "192.0.2.1", port: n },
}));

/** Hosts near an object, by their answers in order: a code or a price. */
function setUp(prices: readonly (bigint | number | undefined)[], budgetCb = 100n) {
  const parts = new TradeParts();
  const table = new PlacementTable(memoryDatabase());
  const asked: number[] = [];
  const stored: bigint[] = [];
  const waitsMs: (number | undefined)[] = [];
  const world = { storesLost: 0, lostForMs: 0, soldMs: 10 ** 11 }; // it promises too much
  let current = 0;
  const placer = new Placer({
    client: {
      quote() {
        asked.push(current + 1);
        const answer = prices[current];
        const isPrice = typeof answer === "bigint";
        return Promise.resolve(
          answer === undefined ? undefined : {
            ...{ type: "QUOTE_REPLY" as const, requestId: 1, quote: 5, ttl: 60, rank: 9 },
            code: isPrice ? HOSTING_CODE.agreed : answer,
            price: isPrice ? answer : undefined,
          },
        );
      },
      async store(_to, { price }, timeoutMs) {
        stored.push(price);
        waitsMs.push(timeoutMs);
        if (world.storesLost-- > 0) {
          await parts.world.advanceSettled(world.lostForMs);
          return undefined;
        }
        const until = Math.floor((parts.clock.unixMs() + world.soldMs) / 1000);
        return { type: "STORE_REPLY", requestId: 1, code: 0, price, until };
      },
    },
    dht: { findClosest: () => Promise.resolve(NODES as never) },
    transport: {
      connect({ address }) {
        current = address.port - 1;
        return PEER;
      },
    },
    keeper: parts.keeper,
    desk: { noteBought() {} },
    table,
    store: { writeRows: (change) => Promise.resolve(change()) },
    clock: parts.clock,
  });
  const object: PlacedObject = { id: META, bytes: 10, copies: new Map() };
  const terms = { hosts: 2, weeks: 1, budgetCb, spentCb: 0n, createdMs: 0 as UnixMs };
  const order = new PlacementOrder({ meta: META, ...terms }, [object]);
  return { parts, world, placer, table, asked, stored, waitsMs, object, order };
}

test("the nearest hosts whose price fits are taken, as many as are missing", async () => {
  const { placer, order, object, asked, stored, table, parts } = setUp([60n, 40n, 10n, 5n]);
  const outcome = await placer.place(order, object, 2, order.shareCb(2));
  expect([outcome.placed, asked, stored]).toEqual([2, [1, 2, 3], [40n, 10n]]);
  expect([order.spentCb, outcome.priceWanted, [...outcome.refusals]])
    .toEqual([50n, 60n, [["budget", 1]]]);
  expect(table.placements(META).map(({ priceCb }) => priceCb)).toEqual([40n, 10n]);
  expect(table.orders()[0]?.spentCb).toBe(50n);
  const [copy] = object.copies.values();
  expect((copy?.untilMs ?? 0) - parts.clock.unixMs()).toBe(7 * 86_400_000); // what was paid for
  const host = parts.keeper.ledger.get(NODES[1]?.publicKey ?? asPublicKey(new Uint8Array(32)));
  expect([host?.state.placedCb, host?.balance.cb]).toEqual([40n, -40n]);
});

test("who refused or was silent is not asked again for a while, for any object", async () => {
  const { placer, order, object, asked, parts } = setUp([HOSTING_CODE.rank, undefined, 4, 3]);
  const first = await placer.place(order, object, 2, 50n);
  expect([first.placed, first.rankWanted]).toEqual([0, 9]);
  expect([...first.refusals]).toEqual([["rank", 1], ["silent", 1], ["full", 1], ["credit", 1]]);
  const second = await placer.place(order, object, 2, 50n);
  expect([asked.length, second.refusals.get("silent")]).toEqual([4, 1]);
  await parts.world.advanceSettled(120_001);
  await placer.place(order, object, 2, 50n);
  expect(asked.length).toBe(8);
});

test("who holds it already is not asked, and the budget ends the search", async () => {
  const { placer, order, object, asked } = setUp([40n, 40n, 40n, 40n]);
  await placer.place(order, object, 1, 100n);
  await placer.place(order, object, 3, 100n);
  expect(asked).toEqual([1, 2, 3, 4]);
  expect([order.spentCb, object.copies.size]).toEqual([80n, 2]);
});

test("a place whose time is over is forgotten, and its host may sell the next", async () => {
  const { placer, order, object, asked, table, parts } = setUp([10n]);
  await placer.place(order, object, 1, 100n);
  await parts.world.advanceSettled(WEEK_MS + 1);
  const again = await placer.place(order, object, 1, 90n);
  expect([again.placed, asked, order.spentCb]).toEqual([1, [1, 1], 20n]);
  const rows = table.placements(META);
  expect(rows.length).toBe(1);
  expect(rows[0]?.untilMs).toBeGreaterThan(parts.clock.unixMs());
  const nobody = setUp([10n, 3, 3, 3]);
  await nobody.placer.place(nobody.order, nobody.object, 1, 100n);
  await nobody.parts.world.advanceSettled(WEEK_MS + 1);
  await nobody.placer.place(nobody.order, nobody.object, 1, 0n);
  expect([nobody.object.copies.size, nobody.table.placements(META)]).toEqual([0, []]);
});

test("who sells far less time than was paid for has sold none, and is asked no more", async () => {
  const { placer, order, object, asked, world, parts, table } = setUp([10n, 3, 3, 3]);
  world.soldMs = WEEK_MS / 2;
  const outcome = await placer.place(order, object, 1, 100n);
  expect([outcome.placed, outcome.refusals.get("failed"), object.copies.size]).toEqual([0, 1, 0]);
  expect([order.spentCb, table.orders()[0]?.spentCb]).toEqual([10n, 10n]);
  await parts.world.advanceSettled(180_000);
  await placer.place(order, object, 1, 100n);
  expect(asked.filter((host) => host === 1)).toEqual([1]);
});

test("an order whose answer got lost is repeated once, be its quote over by then", async () => {
  const once = setUp([10n, 3, 3, 3]);
  once.world.storesLost = 1;
  expect((await once.placer.place(once.order, once.object, 1, 100n)).placed).toBe(1);
  expect([once.stored, once.asked, once.order.spentCb]).toEqual([[10n, 10n], [1], 10n]);
  const gone = setUp([10n, 3, 3, 3]);
  gone.world.storesLost = 9;
  const outcome = await gone.placer.place(gone.order, gone.object, 1, 100n);
  expect([outcome.refusals.get("silent"), gone.stored.length, gone.order.leftCb])
    .toEqual([1, 2, 100n]);
  const late = setUp([10n, 3, 3, 3]);
  Object.assign(late.world, { storesLost: 1, lostForMs: 60_000 });
  await late.placer.place(late.order, late.object, 1, 100n);
  expect([late.stored.length, late.order.spentCb]).toEqual([2, 10n]);
});

test("a host that is silent all the time is waited for once, not twice", async () => {
  const mute = setUp([10n, 3, 3, 3]);
  Object.assign(mute.world, { storesLost: 2, lostForMs: STORE_MS });
  await mute.placer.place(mute.order, mute.object, 1, 100n);
  expect(mute.waitsMs).toEqual([STORE_MS, QUOTE_MS]);
  const cut = setUp([10n, 3, 3, 3]); // its connection ends early: the rest of the time is left
  Object.assign(cut.world, { storesLost: 1, lostForMs: 60_000 });
  await cut.placer.place(cut.order, cut.object, 1, 100n);
  expect(cut.waitsMs).toEqual([STORE_MS, STORE_MS - 60_000]);
});
