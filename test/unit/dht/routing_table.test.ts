import fc from "fast-check";
import { dhtConfig } from "../../../src/dht/mod.ts";
import { RoutingTable } from "../../../src/dht/routing_table.ts";
import { compareDistance } from "../../../src/dht/distance.ts";
import { asNodeId, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { at, contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

const { table: CONFIG } = dhtConfig(false);
const self = idFrom("");
const fresh = (changes: Partial<typeof CONFIG> = {}) =>
  new RoutingTable(self, { ...CONFIG, ...changes });

test("a node goes into the bucket of its common prefix; we ourselves never do", () => {
  const table = fresh();
  expect(table.offer(contactFrom("80"))).toBe("added");
  expect(table.offer(contactFrom("40"))).toBe("added");
  expect(table.offer(contactFrom("41"))).toBe("added");
  expect(table.offer(contactFrom(""))).toBe("refused");
  expect(table.bucketSizes()).toEqual([1, 2]);
  expect(table.size).toBe(3);
});

test("the buckets hold 128, 64, 32, 16, 16 …; what is beyond sits on the bench", () => {
  const table = fresh({ perPrefixInTableMax: 1e6 });
  for (const [cpl, size] of [[0, 128], [1, 64], [2, 32], [3, 16], [4, 16]] as const) {
    const lead = (1 << (15 - cpl)).toString(16).padStart(4, "0");
    for (let i = 0; i < size; i++) {
      expect(table.offer(contactFrom(`${lead}${i.toString(16).padStart(4, "0")}`))).toBe("added");
    }
    expect(table.offer(contactFrom(`${lead}ffff`))).toBe("benched");
  }
  expect(table.bucketSizes()).toEqual([128, 64, 32, 16, 16]);
});

test("limits by address: 1 per IP and 2 per /24 in a bucket, 10 per /24 in the table", () => {
  const table = fresh();
  const offer = (id: string, ip: string) => table.offer(contactFrom(id, { ip }));
  expect(offer("80", "80.1.1.1")).toBe("added");
  expect(offer("81", "80.1.1.1")).toBe("refused"); // same IP
  expect(offer("81", "80.1.1.2")).toBe("added");
  expect(offer("82", "80.1.1.3")).toBe("refused"); // third of the /24 in this bucket
  expect(offer("40", "80.1.1.1")).toBe("added"); // another bucket
  const ids = ["41", "20", "21", "10", "11", "08", "09", "04", "05"];
  const admissions = ids.map((id, i) => offer(id, `80.1.1.${10 + i}`));
  expect(admissions).toEqual([...Array(7).fill("added"), "refused", "refused"]); // 10 in all
  expect(table.hasUseFor(idFrom("04"), { ip: "80.1.1.99", port: 1 })).toBe(false);
  expect(table.hasUseFor(idFrom("04"), { ip: "80.1.2.99", port: 1 })).toBe(true);
});

test("limits by address do not count private addresses on dev, but do count global ones", () => {
  const table = new RoutingTable(self, dhtConfig(true).table);
  for (let i = 0; i < 20; i++) {
    expect(table.offer(contactFrom(`8${i.toString(16)}`, { ip: "127.0.0.1" }))).toBe("added");
  }
  expect(table.offer(contactFrom("c0", { ip: "80.1.1.1" }))).toBe("added");
  expect(table.offer(contactFrom("c1", { ip: "80.1.1.1" }))).toBe("refused");
});

test("a removed contact gives its address's place back", () => {
  const table = fresh();
  const first = contactFrom("80", { ip: "80.1.1.1" });
  table.offer(first);
  expect(table.remove(first.key, undefined)).toBe(first);
  expect(table.remove(first.key, first.nodeId)).toBeUndefined();
  expect(table.offer(contactFrom("81", { ip: "80.1.1.1" }))).toBe("added");
});

test("two silences make a contact replaceable, five end it", () => {
  const table = fresh({ firstBuckets: [1] });
  const contact = contactFrom("80");
  table.offer(contact);
  for (let i = 1; i <= 4; i++) expect(table.fail(contact.key)).toEqual({});
  expect(table.fail(contact.key)).toEqual({ removed: contact });
  expect(table.size).toBe(0);

  const [old, spare] = [contactFrom("80"), contactFrom("81")] as const;
  table.offer(old);
  expect(table.offer(spare)).toBe("benched");
  expect(table.fail(old.key)).toEqual({});
  expect(table.fail(old.key)).toEqual({ removed: old, added: spare });
  expect(table.closest(self, 9)).toEqual([spare]);
  expect(table.fail("nobody")).toEqual({});
});

test("who is here under another id is not called from the bench", () => {
  const table = fresh({ firstBuckets: [1, 1] });
  const [first, before] = [contactFrom("80"), contactFrom("81")] as const;
  table.offer(first);
  expect(table.offer(before)).toBe("benched");
  const now = contactFrom("40", { number: Number(before.idNonce) });
  expect(table.offer(now)).toBe("added");
  for (let i = 1; i <= 4; i++) expect(table.fail(first.key)).toEqual({});
  expect(table.fail(first.key)).toEqual({ removed: first });
  expect([...table.contacts()]).toEqual([now]);
  expect(table.bucketSizes()).toEqual([0, 1]);
});

test("an answer clears failures and moves the contact to the fresh end", () => {
  const table = fresh();
  const contact = contactFrom("80");
  table.offer(contact);
  table.fail(contact.key);
  table.touch(contact, at(50), undefined);
  expect([contact.failures, contact.lastSeen]).toEqual([0, at(50)]);
  const moved = contactFrom("80", { number: Number(contact.idNonce), ip: "81.1.1.1" });
  expect(table.offer(moved)).toBe("present");
  expect(table.get(contact.key)?.address.ip).toBe("81.1.1.1");
});

test("a node that moves becomes another object, so what others were told of it stays", () => {
  const table = fresh();
  const contact = contactFrom("80", { number: 5, ip: "80.1.1.1" });
  table.offer(contact);
  table.fail(contact.key);
  const moved = contactFrom("80", { number: 5, ip: "80.1.2.1" });
  expect(table.offer(moved)).toBe("present");
  expect(contact.address.ip).toBe("80.1.1.1");
  const now = table.get(contact.key);
  expect(now?.address.ip).toBe("80.1.2.1");
  expect(table.find(contact.publicKey, contact.idPrefix)).toBe(now);
  expect(table.closest(self, 9).map(({ address }) => address.ip)).toEqual(["80.1.2.1"]);
  expect([table.size, table.doubtful, now?.failures]).toEqual([1, 0, 0]);
  // Its old place is free again, its new one is taken.
  expect(table.hasUseFor(idFrom("81"), { ip: "80.1.1.1", port: 1 })).toBe(true);
  expect(table.hasUseFor(idFrom("81"), { ip: "80.1.2.1", port: 1 })).toBe(false);
  const { key, nodeId } = contact;
  expect(table.remove(key, nodeId)).toBe(now);
});

test("in a full bucket only a clearly faster node of the same id slot takes a place", () => {
  const table = fresh({ firstBuckets: [2] }); // one bit of slot: 80… and c0…
  const slow = contactFrom("80", { rttMs: 100 });
  table.offer(slow);
  table.offer(contactFrom("c0", { rttMs: 100 }));
  expect(table.offer(contactFrom("81", { rttMs: 90 }))).toBe("benched");
  expect(table.offer(contactFrom("82"))).toBe("benched"); // never timed
  const fast = contactFrom("83", { rttMs: 50 });
  expect(table.offer(fast)).toBe("added");
  expect(table.get(slow.key)).toBeUndefined();
  expect(table.size).toBe(2);
});

test("idle buckets are told, widest first, until a lookup passes through them", () => {
  const table = fresh();
  table.offer(contactFrom("10"));
  expect(table.idleBuckets(at(100))).toEqual([0, 1, 2, 3]);
  table.markRefreshed(idFrom("80"), at(100));
  table.markRefreshed(self, at(100));
  expect(table.idleBuckets(at(100))).toEqual([1, 2, 3]);
  expect(table.idleBuckets(at(101))).toEqual([0, 1, 2, 3]);
});

test("a full bucket is not refreshed, be it ever so idle", () => {
  const table = fresh({ firstBuckets: [2] });
  table.offer(contactFrom("80"));
  expect(table.idleBuckets(at(0))).toEqual([0]);
  table.offer(contactFrom("c0"));
  expect(table.idleBuckets(at(0))).toEqual([]);
});

test("find() knows a node by key and told place", () => {
  const table = fresh();
  const contact = contactFrom("80");
  table.offer(contact);
  expect(table.find(contact.publicKey, 0x80000000)).toBe(contact);
  expect(table.find(contact.publicKey, 0x81000000)).toBeUndefined();
  expect(table.find(contactFrom("81").publicKey, 0x80000000)).toBeUndefined();
  table.remove(contact.key, undefined);
  expect(table.find(contact.publicKey, 0x80000000)).toBeUndefined();
});

test("find() tells nodes apart whose ids begin alike, be it as our own does", () => {
  const table = fresh();
  const ids = ["80000000a0", "80000000b0", "00000000a0", "0000000001"];
  const contacts = ids.map((id) => contactFrom(id));
  for (const contact of contacts) expect(table.offer(contact)).toBe("added");
  for (const contact of contacts) {
    expect(table.find(contact.publicKey, contact.idPrefix)).toBe(contact);
  }
  expect(table.find(contactFrom("40").publicKey, 0x40000000)).toBeUndefined();
  expect(table.find(contactFrom("").publicKey, 0)).toBeUndefined();
});

test("pick() draws from every bucket", () => {
  const table = fresh();
  const random = new SeededRandom(1);
  expect(table.pick(random)).toBeUndefined();
  for (const id of ["80", "90", "40", "20"]) table.offer(contactFrom(id));
  const picked = new Set(Array.from({ length: 100 }, () => table.pick(random)?.key));
  expect(picked.size).toBe(4);
});

test("pickDoubtful() draws from those that were silent last", () => {
  const table = fresh();
  const random = new SeededRandom(1);
  const [a, b] = [contactFrom("80"), contactFrom("40")] as const;
  table.offer(a);
  table.offer(b);
  expect(table.pickDoubtful(random)).toBeUndefined();
  table.fail(b.key);
  expect(table.pickDoubtful(random)).toBe(b);
  table.touch(b, at(1), undefined);
  expect(table.pickDoubtful(random)).toBeUndefined();
});

const anyId = anyBytes(20);

test("law: closest() is what sorting everything by distance gives", () => {
  const count = fc.nat(40);
  fc.assert(
    fc.property(anyId, fc.array(anyId, { maxLength: 80 }), anyId, count, (own, ids, target, n) => {
      const table = new RoutingTable(asNodeId(own), { ...CONFIG, perPrefixInTableMax: 1e6 });
      // Half of the ids are made neighbours, so that deep buckets are filled too.
      ids.forEach((id, i) => {
        if (i % 2 === 0) id.set(own.subarray(0, i % 19));
        table.offer(contactFrom(toHex(id)));
      });
      const expected = [...table.contacts()].filter((contact) => contact.idNonce % 3n !== 0n)
        .sort((a, b) => compareDistance(target, a.nodeId, b.nodeId)).slice(0, n);
      const found = table.closest(target, n, (contact) => contact.idNonce % 3n !== 0n);
      expect(found.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
    }),
    { numRuns: 60 },
  );
});

test("law: no sequence of offers, failures and removals breaks a limit by address", () => {
  const step = fc.record({
    deed: fc.constantFrom("offer", "offer", "fail", "remove"),
    node: fc.nat(60),
    ip: fc.tuple(fc.nat(3), fc.nat(5)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = fresh({ firstBuckets: [3, 2], k: 2, perPrefixInTableMax: 4, failuresMax: 3 });
      const contacts = new Map<number, ReturnType<typeof contactFrom>>();
      for (const { deed, node, ip } of steps) {
        const id = (node * 4 + 1).toString(16).padStart(2, "0");
        const contact = contactFrom(id, { number: node + 1, ip: `80.1.${ip[0]}.${ip[1]}` });
        if (deed === "offer") {
          table.offer(contact);
          contacts.set(node, contact);
        } else if (deed === "fail") table.fail(contact.key);
        else table.remove(contact.key, contact.nodeId);
        const prefixes = new Map<number, number>();
        for (const { prefix } of table.contacts()) {
          prefixes.set(prefix, (prefixes.get(prefix) ?? 0) + 1);
        }
        for (const count of prefixes.values()) expect(count).toBeLessThanOrEqual(4);
        const sizes = table.bucketSizes();
        sizes.forEach((size, cpl) => expect(size).toBeLessThanOrEqual([3, 2][cpl] ?? 2));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(table.size);
      }
    }),
    { numRuns: 60 },
  );
});
