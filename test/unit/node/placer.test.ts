import { asChunkId, asPublicKey, type UnixMs } from "../../../src/lib/mod.ts";
import { type PlacedObject, PlacementOrder } from "../../../src/market/mod.ts";
import { Placer } from "../../../src/node/placer.ts";
import { PlacementTable } from "../../../src/store/mod.ts";
import { HOSTING_CODE } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { PEER, TradeParts } from "../../support/trade_parts.ts";
import { memoryDatabase } from "../store/fixtures.ts";

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
      store(_to, { price }) {
        stored.push(price);
        const until = Math.floor(parts.clock.unixMs() / 1000) + 10 ** 8; // it promises too much
        return Promise.resolve({ type: "STORE_REPLY", requestId: 1, code: 0, price, until });
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
  return { parts, placer, table, asked, stored, object, order };
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
  expect(host?.state.bought.cb).toBe(40n);
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
