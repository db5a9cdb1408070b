import fc from "fast-check";
import { asChunkId, asPublicKey, type UnixMs } from "../../../src/lib/mod.ts";
import { type Copy, hostKeyOf, PlacementOrder, WEEK_MS } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 1_000_000 as UnixMs;
const id = (n: number) => asChunkId(new Uint8Array(20).fill(n));
const copyAt = (host: number, untilMs = NOW + WEEK_MS): Copy => ({
  publicKey: asPublicKey(new Uint8Array(32).fill(host)),
  address: { ip: "192.0.2.1", port: host },
  priceCb: 10n,
  untilMs: untilMs as UnixMs,
  provenMs: undefined,
});
const NOBODY = () => false;

function orderOf(copies: readonly Copy[], budgetCb = 100n) {
  const object = { id: id(1), bytes: 10, copies: new Map(copies.map((c) => [hostKeyOf(c), c])) };
  const terms = { hosts: 2, weeks: 1, budgetCb, spentCb: 0n, createdMs: NOW };
  return { order: new PlacementOrder({ meta: id(1), ...terms }, [object]), object };
}

test("a host that is lost, or whose time is over, counts no more", () => {
  const { order, object } = orderOf([copyAt(1), copyAt(2), copyAt(3, NOW)]);
  expect(order.holders(object, NOW, NOBODY).length).toBe(2);
  expect(order.lacking(NOW, NOBODY)).toEqual({ objects: [], copies: 0 });
  const isLost = (key: Uint8Array) => key[0] === 1;
  expect(order.lacking(NOW, isLost)).toEqual({ objects: [object], copies: 1 });
});

test("law: whatever is promised, paid and called off, the budget is never exceeded", () => {
  const step = fc.record({ cb: fc.bigInt({ min: 0n, max: 60n }), isPaid: fc.boolean() });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const { order } = orderOf([]);
    const open: { cb: bigint; isPaid: boolean }[] = [];
    for (const { cb, isPaid } of steps) {
      if (order.promise(cb)) open.push({ cb, isPaid });
      else expect(order.leftCb).toBeLessThan(cb);
      if (open.length > 2) open.splice(0, 1).forEach((one) => order.settle(one.cb, one.isPaid));
      expect(order.leftCb).toBeGreaterThanOrEqual(0n);
      expect(order.spentCb).toBeLessThanOrEqual(100n);
    }
  }));
});

test("what is left is shared among the copies that are missing", () => {
  const { order } = orderOf([]);
  expect([order.shareCb(4), order.shareCb(0)]).toEqual([25n, 100n]);
  order.promise(40n);
  expect(order.shareCb(4)).toBe(15n);
});

test("a place is paid for again within a day of its end, and not when it is over", () => {
  const { order } = orderOf([]);
  const day = 86_400_000;
  expect(order.isDue(copyAt(1, NOW + day + 1), NOW)).toBe(false);
  expect(order.isDue(copyAt(1, NOW + day), NOW)).toBe(true);
  expect(order.isDue(copyAt(1, NOW), NOW)).toBe(false);
});

test("copies that are due are renewed, but not those of who is lost", () => {
  const { order, object } = orderOf([copyAt(1, NOW + 10), copyAt(2, NOW + 10), copyAt(3)]);
  const second = object.copies.get(hostKeyOf(copyAt(2)));
  const isLost = (key: Uint8Array) => key[0] === 1;
  expect(order.due(NOW, isLost)).toEqual({ objects: [[object, [second as Copy]]], copies: 1 });
  expect(order.due(NOW, NOBODY).copies).toBe(2);
});
