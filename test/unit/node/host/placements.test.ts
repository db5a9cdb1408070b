import { asChunkId, asPublicKey, SeededRandom, type UnixMs } from "../../../../src/lib/mod.ts";
import {
  type Copy,
  hostKeyOf,
  type PlacedObject,
  PlacementOrder,
  WEEK_MS,
} from "../../../../src/market/mod.ts";
import { PLACED_OBJECTS_MAX, Placements } from "../../../../src/node/host/placements.ts";
import { noOutcome } from "../../../../src/node/host/place_outcome.ts";
import type { Placer } from "../../../../src/node/host/placer.ts";
import type { ChallengeResult } from "../../../../src/node/host/slice_challenge.ts";
import { PlacementTable } from "../../../../src/store/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { PEER, TradeParts } from "../../../support/trade_parts.ts";
import { memoryDatabase } from "../../store/fixtures.ts";

const META = asChunkId(new Uint8Array(20).fill(1));
const TERMS = { hosts: 1, weeks: 1, budgetCb: 10n ** 9n };
const MINUTE = 60_000;

/** Placements whose hosts are scripted: a place costs 10 and is to be had of the next host. */
function setUp({ hosts = 9 } = {}) {
  const parts = new TradeParts();
  const table = new PlacementTable(memoryDatabase());
  const world = {
    isThere: true,
    slice: "shown" as ChallengeResult,
    renewed: 0,
    shareCb: 0n,
    placingMax: 0,
  };
  const gates: {
    slice?: Error;
    place?: Error;
    buy?: Error;
    wait?: Promise<void>;
    object?: PlacedObject;
  } = {};
  let placed = 0;
  let placing = 0;
  const buy = (order: PlacementOrder, object: PlacedObject, host = ++placed) => {
    if (!order.promise(10n)) return;
    gates.object = object;
    order.settle(10n, true);
    const copy = {
      publicKey: asPublicKey(new Uint8Array(32).fill(host)),
      address: { ip: "192.0.2.1", port: host },
      priceCb: 10n,
      untilMs: parts.clock.unixMs() + WEEK_MS as UnixMs,
      provenMs: undefined,
    };
    object.copies.set(hostKeyOf(copy), copy);
  };
  const placer = {
    async place(order: PlacementOrder, object: PlacedObject, missing: number) {
      if (gates.place !== undefined) throw gates.place;
      world.placingMax = Math.max(world.placingMax, ++placing);
      await gates.wait;
      placing--;
      const isFound = placed < hosts;
      if (isFound) buy(order, object);
      const refusals = new Map(isFound ? [] : [["full", 1] as const]);
      const found = { placed: isFound ? missing : 0, refusals, candidates: 1 };
      return { ...noOutcome(), ...found };
    },
    buy(order: PlacementOrder, object: PlacedObject, copy: Copy, shareCb: bigint) {
      world.renewed++;
      world.shareCb = shareCb;
      if (gates.buy !== undefined) return Promise.reject(gates.buy);
      buy(order, object, copy.address.port);
      return Promise.resolve(undefined);
    },
    keep: () => Promise.resolve(),
  } as unknown as Placer;
  const placements = new Placements({
    placer,
    client: {
      quote: () => Promise.resolve(world.isThere ? { code: 0 } as never : undefined),
      handleClosed() {},
      stop() {},
    },
    challenger: {
      ask() {
        return gates.slice === undefined
          ? Promise.resolve(world.slice)
          : Promise.reject(gates.slice);
      },
    },
    standings: parts.standings,
    transport: { connect: () => PEER },
    table,
    store: { writeRows: (change) => Promise.resolve(change()) },
    clock: parts.clock,
    random: new SeededRandom(1),
    logger: parts.logger,
    wake: () => {},
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5_000) {
      placements.turn(parts.now);
      await parts.world.advanceSettled(5_000);
    }
  };
  const order = async (count = 1) => {
    const objects = Array.from({ length: count }, (_, n) => {
      return { id: asChunkId(new Uint8Array(20).fill(n + 1)), bytes: 10 };
    });
    const ordering = placements.order(META, objects, TERMS, () => {});
    ordering.catch(() => {});
    await pass(5_000 * (1 + count));
    return await ordering;
  };
  const holding = () => placements.report(META)?.objects.map((object) => object.holding);
  return { parts, table, world, gates, placements, pass, order, holding };
}

test("every object is tried before an order returns, and is written down", async () => {
  const { order, table, placements } = setUp();
  expect(await order(6)).toEqual({ objects: 6, placed: 6, wanted: 6, spentCb: "60" });
  expect([table.orders().length, table.objects(META).length]).toEqual([1, 6]);
  expect(placements.status()).toEqual({ orders: 1, objects: 6, short: 0 });
});

test("what finds no host at all is refused, and no order is left", async () => {
  const { order, table, placements } = setUp({ hosts: 0 });
  const error = await order().then(() => undefined, (reason) => reason);
  expect([error?.code, table.orders(), placements.report(META)]).toEqual([
    "REFUSED",
    [],
    undefined,
  ]);
  expect(error?.message).toMatch(/No host keeps any of it: of 1 nodes near 1 have no room/);
});

test("a host that is silent three times is replaced, and the operator hears of both", async () => {
  const { order, holding, pass, world, parts } = setUp();
  await order();
  world.isThere = false;
  await pass(2.6 * MINUTE);
  expect(parts.log).toEqual([]);
  await pass(2 * MINUTE);
  expect([parts.log[0], holding()]).toEqual(["placement_short", [1]]);
  world.isThere = true;
  await pass(MINUTE);
  expect(parts.log.at(-1)).toBe("placement_whole");
});

test("a host that lacks what it is paid for has lost that place at once", async () => {
  const { order, pass, world, parts, placements } = setUp({ hosts: 1 });
  await order();
  world.slice = "lacks";
  await pass(3 * MINUTE);
  expect(parts.log).toEqual(["placement_broken", "placement_short"]);
  expect(placements.report(META)?.alarms[0]).toMatch(/1 of 1 objects have fewer than 1 holders/);
});

test("a slice that was shown is paid within the budget, and said when", async () => {
  const { order, pass, placements } = setUp();
  await order();
  await pass(3 * MINUTE);
  const report = placements.report(META);
  expect(report?.objects[0]?.holders[0]?.provenMs).toBeGreaterThan(0);
  expect(BigInt(report?.spentCb ?? 0)).toBeGreaterThan(1_024n);
});

test("a place is paid for again within a day of its end", async () => {
  const { order, parts, world, placements } = setUp();
  await order();
  await parts.world.advanceSettled(WEEK_MS - 25 * 60 * MINUTE);
  placements.turn(parts.now);
  await parts.world.advanceSettled(10);
  expect(world.renewed).toBe(0);
  await parts.world.advanceSettled(2 * 60 * MINUTE);
  placements.turn(parts.now);
  await parts.world.advanceSettled(10);
  expect(world.renewed).toBe(1);
});

test("more objects than there is memory for are refused before anything is bought", async () => {
  const { placements, table } = setUp();
  const objects = Array.from({ length: PLACED_OBJECTS_MAX + 1 }, () => ({ id: META, bytes: 1 }));
  const error = await placements.order(META, objects, TERMS, () => {})
    .then(() => undefined, (reason) => reason);
  expect([error?.code, table.orders()]).toEqual(["REFUSED", []]);
});

test("a disk that cannot be read costs no host its place, no budget, and one warning", async () => {
  const { order, pass, gates, parts, holding, placements } = setUp();
  await order();
  gates.slice = new Error("disk full");
  await pass(10 * MINUTE);
  expect([parts.log, holding()]).toEqual([["placement_failed"], [1]]);
  expect(placements.report(META)?.spentCb).toBe("10");
  delete gates.slice;
  await pass(40 * MINUTE);
  expect(placements.report(META)?.objects[0]?.holders[0]?.provenMs).toBeGreaterThan(0);
});

test("placing and renewing that fail here are tried again", async () => {
  const { order, gates, pass, world, parts, holding } = setUp();
  await order();
  gates.buy = new Error("disk full");
  await parts.world.advanceSettled(WEEK_MS - 23 * 60 * MINUTE);
  await pass(4 * MINUTE);
  expect(world.renewed).toBeGreaterThan(1);
  gates.place = new Error("disk full");
  await parts.world.advanceSettled(24 * 60 * MINUTE);
  await pass(MINUTE);
  delete gates.place;
  await pass(70 * MINUTE);
  expect(holding()).toEqual([1]);
});

test("a renewal may cost what is left, divided by the copies that are due", async () => {
  const { order, parts, world, placements } = setUp();
  await order(4);
  await parts.world.advanceSettled(WEEK_MS - 23 * 60 * MINUTE);
  placements.turn(parts.now);
  expect(world.shareCb).toBeGreaterThan(0n);
  expect(world.shareCb <= TERMS.budgetCb / 4n).toBe(true);
});

test("a later order ends the wait of the former, and nothing is paid for twice", async () => {
  const { gates, pass, placements, table, world } = setUp();
  let open = (): void => {};
  gates.wait = new Promise((resolve) => open = resolve);
  const objects = [{ id: META, bytes: 10 }];
  const first = placements.order(META, objects, TERMS, () => {})
    .then(() => undefined, (reason) => reason);
  await pass(10_000);
  const second = placements.order(META, objects, { ...TERMS, weeks: 2 }, () => {});
  await pass(10_000);
  expect(await first).toMatchObject({
    code: "REFUSED",
    message: "It was replaced by a later order, or its content was unpublished",
  });
  open();
  await pass(20_000);
  expect(await second).toMatchObject({ placed: 1, wanted: 1, spentCb: "10" });
  expect(world.placingMax).toBe(1);
  expect(table.orders().map(({ weeks }) => weeks)).toEqual([2]);
});

test("an order that ends buys no more, is gone, and whoever waits for it hears so", async () => {
  const { gates, pass, placements, table } = setUp();
  gates.wait = new Promise(() => {});
  const waiting = placements.order(META, [{ id: META, bytes: 10 }], TERMS, () => {})
    .then(() => undefined, (reason) => reason);
  await pass(10_000);
  const ending = placements.end(META);
  await pass(10_000);
  expect(await ending).toBe(true);
  expect(await waiting).toMatchObject({ code: "REFUSED" });
  expect([table.orders(), placements.status().orders]).toEqual([[], 0]);
  expect(await placements.end(META)).toBe(false);
});

test("a host that does not renew holds up no other host of the object", async () => {
  const { order, gates, parts, world, placements } = setUp();
  await order();
  const object = gates.object;
  const [copy] = object?.copies.values() ?? [];
  if (object === undefined || copy === undefined) throw new Error("no copy");
  const other = { ...copy, publicKey: asPublicKey(new Uint8Array(32).fill(99)) };
  object.copies.set(hostKeyOf(other), other);
  gates.buy = new Error("disk full");
  await parts.world.advanceSettled(WEEK_MS - 23 * 60 * MINUTE);
  placements.turn(parts.now);
  await parts.world.advanceSettled(10);
  expect(world.renewed).toBe(2);
});
