/** Signed records in whole networks of real Dht cores, some of them hostile. */
import { dhtConfig } from "../../src/dht/mod.ts";
import { toHex, utf8 } from "../../src/lib/mod.ts";
import { seqOf, type Verified } from "../../src/records/mod.ts";
import { type Message, PUT_CODE } from "../../src/wire/mod.ts";
import { type BusNode, DhtBus, WALL_MS } from "../support/dht_bus.ts";
import { expect, test } from "../support/harness.ts";
import { OWNER, ownerFrom, valueOf } from "../support/record_fixture.ts";

const HOUR = 3_600_000;

function swarm(nodes: number, options: Partial<DhtBus["options"]> = {}): DhtBus {
  const bus = new DhtBus({ seed: 0x5eed, ...options });
  bus.grow(nodes);
  bus.run(30_000);
  return bus;
}

/** A value signed now, by the clock of the bus. */
const valueNow = (bus: DhtBus, text: string, seq: bigint): Verified =>
  valueOf(text, { seq, signedAtMs: WALL_MS + Math.floor(bus.now) });

/** Sends a record from a node to another past all lookups, and tells the answer. */
function push(bus: DhtBus, from: BusNode, to: BusNode, record: Uint8Array): Message {
  const peer = { ...from.target, idNonce: from.identity.idNonce, rank: 0 };
  const message: Message = { type: "PUT_RECORD", requestId: 1, record, cas: undefined };
  to.dht.handleInput({ kind: "message", from: peer, message }, bus.now);
  for (;;) {
    const effect = to.dht.pollEffect();
    if (effect === undefined) throw new Error("no answer");
    if (effect.kind === "reply") return effect.message;
  }
}

test("a value that its owner repeats is found while a third of the network changes", () => {
  const bus = swarm(24, { lossRatio: 0.05 });
  const owner = bus.node(0);
  for (let turn = 0; turn < 8; turn++) {
    const record = valueNow(bus, `v${turn >> 1}`, BigInt(turn >> 1));
    expect(owner.putRecord(record).holders).toBeGreaterThanOrEqual(12);
    bus.node(1 + turn).isUp = false;
    const newcomer = bus.add();
    newcomer.join(owner);
    bus.run(5 * 60_000);
    expect(newcomer.findRecord(record.key).record).toEqual(record);
  }
}, 60_000);

test("a value that nobody repeats is gone after two hours", () => {
  const bus = swarm(6);
  const record = valueNow(bus, "a", 1n);
  bus.node(0).putRecord(record);
  bus.run(2 * HOUR - 60_000);
  expect(bus.node(5).findRecord(record.key).record).toEqual(record);
  bus.run(2 * 60_000);
  expect(bus.node(5).findRecord(record.key).record).toBeUndefined();
}, 60_000);

test("liars near a key cannot show a forged value, nor an old one for a new one", () => {
  const bus = swarm(60);
  const old = valueNow(bus, "old", 1n), news = valueNow(bus, "new", 2n);
  bus.node(0).putRecord(old);
  bus.node(0).putRecord(news);
  const forged = new Uint8Array(news.bytes);
  forged[60] = (forged[60] ?? 0) ^ 1;
  const nearest = new Set(bus.closest(old.key, 6, bus.node(0)));
  const liars = bus.nodes.filter(({ identity }) => nearest.has(toHex(identity.nodeId)));
  // The six nearest lie: two forge, two replay the old one, two deny all.
  liars.forEach((liar, i) => {
    const lie = [forged, old.bytes, new Uint8Array()][i % 3] as Uint8Array;
    liar.tamper = (message) =>
      message.type === "RECORD"
        ? { ...message, record: lie, seq: lie.length > 0 ? 1n : undefined }
        : message;
  });
  for (const reader of bus.nodes.slice(20, 60)) {
    if (liars.includes(reader)) continue;
    expect(reader.findRecord(old.key).record).toEqual(news);
  }
}, 60_000);

test("a fifth of all nodes replaying an old value fools fewer than one reader in fifty", () => {
  const bus = swarm(100);
  const readers = bus.nodes.filter((_, i) => i % 5 !== 2);
  let fooled = 0, reads = 0;
  for (let key = 0; key < 8; key++) {
    const of = (text: string, seq: bigint) =>
      valueOf(text, { seq, salt: utf8(`${key}`), signedAtMs: WALL_MS + Math.floor(bus.now) });
    const old = of("old", 1n), news = of("new", 2n);
    bus.node(0).putRecord(old);
    bus.node(0).putRecord(news);
    bus.nodes.forEach((liar, i) => {
      if (i % 5 !== 2) return;
      liar.tamper = (message) =>
        message.type === "RECORD" ? { ...message, record: old.bytes, seq: 1n } : message;
    });
    for (let i = 0; i < 10; i++) {
      const reader = readers[(31 * key + 7 * i + 1) % readers.length] as BusNode;
      const { record } = reader.findRecord(old.key);
      if (record === undefined || seqOf(record) !== 2n) fooled++;
      reads++;
    }
    for (const node of bus.nodes) node.tamper = undefined;
  }
  expect(fooled / reads).toBeLessThan(0.02);
}, 60_000);

test("replayed, forged and conflicting records are refused everywhere", () => {
  const bus = swarm(20);
  const old = valueNow(bus, "old", 1n), news = valueNow(bus, "new", 2n);
  bus.node(0).putRecord(old);
  bus.node(0).putRecord(news);
  const forged = new Uint8Array(news.bytes);
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  const attacker = bus.node(5);
  let refusals = 0;
  for (const victim of bus.nodes) {
    if (victim.dht.stats().signedRecords === 0 || victim === attacker) continue;
    expect(push(bus, attacker, victim, old.bytes)).toMatchObject({ code: PUT_CODE.seq_too_low });
    expect(push(bus, attacker, victim, forged)).toMatchObject({ code: PUT_CODE.bad_record });
    const conflict = valueNow(bus, "other", 2n).bytes;
    expect(push(bus, attacker, victim, conflict)).toMatchObject({ code: PUT_CODE.seq_reused });
    refusals++;
  }
  expect(refusals).toBeGreaterThanOrEqual(16);
  expect(bus.node(11).findRecord(news.key).record).toEqual(news);
}, 60_000);

test("a flood of records from one /24 fills that network's share and no more", () => {
  const base = dhtConfig(false);
  const signedRecords = { ...base.signedRecords, perPutterMax: 100, perPrefixMax: 150 };
  const bus = swarm(3, { config: { ...base, signedRecords } });
  const victim = bus.node(0);
  const flooders = [1, 2, 3, 4].map((i) => bus.add({ ip: `99.9.9.${i}` }));
  const before = victim.dht.stats().signedRecords;
  for (let i = 0; i < 1000; i++) {
    bus.now = bus.now + 100 as typeof bus.now; // slower than the limit on signatures
    const record = valueOf("junk", { signedAtMs: WALL_MS, salt: utf8(`${i}`) }, ownerFrom(i));
    push(bus, flooders[i % 4] as BusNode, victim, record.bytes);
  }
  expect(victim.dht.stats().signedRecords - before).toBe(150);
  const honest = valueOf("mine", { signedAtMs: WALL_MS }, OWNER);
  expect(push(bus, bus.node(1), victim, honest.bytes)).toMatchObject({ code: 0 });
}, 60_000);
