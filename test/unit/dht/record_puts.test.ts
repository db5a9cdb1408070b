import { dhtConfig } from "../../../src/dht/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { immutableRecord } from "../../../src/records/mod.ts";
import { DhtBus, WALL_MS } from "../../support/dht_bus.ts";
import { expect, test } from "../../support/harness.ts";
import { valueOf } from "../../support/record_fixture.ts";

function network(nodes: number, config = dhtConfig(false)) {
  const bus = new DhtBus({ seed: 4, config });
  bus.grow(nodes, 20);
  bus.run(8000);
  return bus;
}
const signedAtMs = WALL_MS;

test("a record is put at the k nearest nodes and here, and anybody finds it", () => {
  const bus = network(18);
  const record = valueOf("a", { signedAtMs });
  expect(bus.node(3).putRecord(record))
    .toEqual({ holders: 16, refused: {}, nodes: 16, newer: undefined });
  expect(bus.node(3).dht.stats().signedRecords).toBe(1);
  const { record: found, agreeing, outcome } = bus.node(12).findRecord(record.key);
  expect(found).toEqual(record);
  expect(agreeing).toBe(3);
  expect(outcome.reason).toBe("enough");
});

test("against a newer record nothing is put, and the newer one is shown", () => {
  const bus = network(12);
  const newer = valueOf("b", { seq: 2n, signedAtMs });
  bus.node(1).putRecord(newer);
  const outcome = bus.node(2).putRecord(valueOf("a", { seq: 1n, signedAtMs }));
  expect(outcome).toMatchObject({ holders: 0, refused: {}, newer });
  expect(bus.node(5).findRecord(newer.key).record).toEqual(newer);
});

test("another value with a seq that is taken is refused by those who hold the first", () => {
  const bus = network(12);
  const first = valueOf("a", { signedAtMs });
  expect(bus.node(1).putRecord(first).holders).toBe(11);
  const { holders, refused } = bus.node(2).putRecord(valueOf("b", { signedAtMs }));
  expect(holders).toBe(0);
  expect(refused.seq_reused).toBe(11);
  expect(bus.node(5).findRecord(first.key).record).toEqual(first);
});

test("cas is for the nodes to refuse by", () => {
  const bus = network(12);
  bus.node(1).putRecord(valueOf("a", { seq: 4n, signedAtMs }));
  const next = valueOf("b", { seq: 5n, signedAtMs });
  expect(bus.node(2).putRecord(next, 3n).refused.cas_mismatch).toBe(11);
  expect(bus.node(2).putRecord(next, 4n).holders).toBe(11);
});

test("nodes that do not answer, and messages that are lost, are counted apart", () => {
  const bus = network(12);
  for (const silent of [4, 5, 6]) {
    bus.node(silent).tamper = (message) => message.type === "PUT_RESULT" ? null : message;
  }
  const outcome = bus.node(1).putRecord(immutableRecord(utf8("v")));
  expect(outcome).toMatchObject({ holders: 8, refused: { silent: 3 }, nodes: 11 });
});

test("with nobody there a put ends at once; the record is here all the same", () => {
  const bus = new DhtBus({ seed: 1 });
  const node = bus.add();
  node.join();
  const record = immutableRecord(utf8("v"));
  expect(node.putRecord(record)).toMatchObject({ holders: 0, nodes: 0 });
  expect(node.findRecord(record.key).record).toEqual(record);
});

test("puts beyond the bound are refused at once", () => {
  const bus = network(4, { ...dhtConfig(false), putsMax: 2 });
  const { dht } = bus.node(0);
  const ids = ["a", "b", "c"].map((text) => dht.putRecord(immutableRecord(utf8(text)), bus.now));
  expect(ids.map((id) => id === undefined)).toEqual([false, false, true]);
  bus.node(0).turn();
  bus.run(5000);
  expect(bus.node(0).put.size).toBe(2);
});
