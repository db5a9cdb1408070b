import { asChunkId, asPublicKey, type UnixMs } from "../../../src/lib/mod.ts";
import { PlacementTable } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const id = (n: number) => asChunkId(new Uint8Array(20).fill(n));
const order = (n: number) => ({
  meta: id(n),
  hosts: 3,
  weeks: 4,
  budgetCb: 2n ** 63n - 1n,
  spentCb: 5n,
  createdMs: n as UnixMs,
});
const placement = (n: number, host: number) => ({
  id: id(n),
  publicKey: asPublicKey(new Uint8Array(32).fill(host)),
  address: { ip: "2001:db8::1", port: 40_000 },
  priceCb: 2n ** 40n,
  untilMs: 1_800_000_000_000 as UnixMs,
  provenMs: undefined,
});

test("orders, their objects and hosts come back as they were last saved", () => {
  const db = memoryDatabase();
  const table = new PlacementTable(db);
  for (const n of [2, 1]) table.saveOrder(order(n));
  table.saveOrder({ ...order(1), spentCb: 2n ** 40n });
  table.saveObject(id(1), { id: id(1), bytes: 300 });
  table.saveObject(id(1), { id: id(11), bytes: 2 ** 20 });
  table.save(id(1), placement(11, 7));
  table.save(id(1), placement(11, 8));
  const proven = { ...placement(11, 8), provenMs: 9 as UnixMs };
  table.save(id(1), proven);
  table.remove(id(1), id(11), placement(11, 7).publicKey);
  const again = new PlacementTable(db);
  expect(again.orders()).toEqual([{ ...order(1), spentCb: 2n ** 40n }, order(2)]);
  expect(again.objects(id(1)).map(({ bytes }) => bytes)).toEqual([300, 2 ** 20]);
  expect([again.placements(id(1)), again.placements(id(2))]).toEqual([[proven], []]);
});

test("an order goes with all that hangs on it", () => {
  const table = new PlacementTable(memoryDatabase());
  for (const n of [1, 2]) {
    table.saveOrder(order(n));
    table.saveObject(id(n), { id: id(n), bytes: 1 });
    table.save(id(n), placement(n, 7));
  }
  table.removeOrder(id(1));
  expect(table.orders()).toEqual([order(2)]);
  expect([table.objects(id(1)), table.placements(id(1))]).toEqual([[], []]);
  expect(table.placements(id(2))).toEqual([placement(2, 7)]);
});
