import fc from "fast-check";
import { asNodeId, asPublicKey, type PublicKey, type UnixMs } from "../../../src/lib/mod.ts";
import {
  BANS_MAX,
  CONTACTS_MAX,
  PeerStore,
  PROVEN_WORK_MAX,
  type StoredContact,
} from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const ms = (n: number): UnixMs => n as UnixMs;

function key(n: number): PublicKey {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(28, n);
  return asPublicKey(bytes);
}

const contact = (n: number, seenMs: number): StoredContact => ({
  publicKey: key(n),
  nodeId: asNodeId(new Uint8Array(20).fill(n)),
  idNonce: 2n ** 64n - BigInt(n),
  address: { ip: n % 2 === 0 ? "192.0.2.7" : "2001:db8::7", port: 1000 + n },
  seenMs: ms(seenMs),
});

test("contacts come back newest first, each once, as they were last seen", () => {
  const peers = new PeerStore(memoryDatabase());
  peers.saveContacts([contact(1, 10), contact(2, 30), contact(3, 20)]);
  peers.saveContacts([{ ...contact(1, 40), address: { ip: "192.0.2.99", port: 9 } }]);
  expect(peers.contacts(9)).toEqual([
    { ...contact(1, 40), address: { ip: "192.0.2.99", port: 9 } },
    contact(2, 30),
    contact(3, 20),
  ]);
  expect(peers.contacts(1).length).toBe(1);
  peers.forgetContact(key(1));
  expect(peers.contacts(9)).toEqual([contact(2, 30), contact(3, 20)]);
});

test("contacts are bounded: those seen longest ago give way", () => {
  const peers = new PeerStore(memoryDatabase());
  peers.saveContacts(Array.from({ length: CONTACTS_MAX + 10 }, (_, n) => contact(n, n)));
  const kept = peers.contacts(CONTACTS_MAX + 10);
  expect(kept.length).toBe(CONTACTS_MAX);
  expect(kept.at(-1)?.seenMs).toBe(ms(10));
});

test("law: proven work comes back with every bit of its nonces", () => {
  const peers = new PeerStore(memoryDatabase());
  const nonce = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(fc.property(
    fc.nat(20),
    nonce,
    fc.option(nonce, { nil: undefined }),
    fc.nat(63),
    (n, idNonce, rankNonce, rank) => {
      const nodeId = asNodeId(new Uint8Array(20).fill(n));
      const work = { publicKey: key(n), nodeId, idNonce, rankNonce, rank };
      peers.saveProvenWork(work, ms(1));
      expect(peers.provenWork(key(n))).toEqual(work);
    },
  ));
  expect(peers.provenWork(key(99))).toBeUndefined();
});

test("proven work is bounded: the oldest proof gives way", () => {
  const db = memoryDatabase();
  const peers = new PeerStore(db);
  db.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PROVEN_WORK_MAX + 9})
    INSERT INTO proven_work
    SELECT CAST(printf('%032d', i) AS BLOB), zeroblob(20), zeroblob(8), NULL, 0, i FROM n`);
  const nodeId = asNodeId(new Uint8Array(20));
  const work = { publicKey: key(7), nodeId, idNonce: 0n, rankNonce: undefined, rank: 0 };
  peers.saveProvenWork(work, ms(PROVEN_WORK_MAX + 100));
  const rows = db.prepare("SELECT count(*) AS n, min(proven_ms) AS oldest FROM proven_work").get();
  expect({ ...rows }).toEqual({ n: PROVEN_WORK_MAX, oldest: 11 });
  expect(peers.provenWork(key(7))).toEqual(work);
});

test("bans end by themselves, can be changed and lifted, and are bounded", () => {
  const peers = new PeerStore(memoryDatabase());
  peers.ban({ publicKey: key(1), untilMs: ms(100), reason: "wrong slice" });
  peers.ban({ publicKey: key(2), untilMs: ms(200), reason: "wrong slice" });
  peers.ban({ publicKey: key(1), untilMs: ms(300), reason: "again" });
  expect(peers.bans(ms(150)).map(({ untilMs, reason }) => [untilMs, reason]))
    .toEqual([[ms(300), "again"], [ms(200), "wrong slice"]]);
  expect(peers.bans(ms(250)).length).toBe(1);
  expect(peers.bans(ms(300))).toEqual([]);
  peers.liftBan(key(1));
  expect(peers.bans(ms(0)).map(({ publicKey }) => publicKey)).toEqual([key(2)]);
  const db = memoryDatabase();
  db.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${BANS_MAX + 5})
    INSERT INTO ban SELECT CAST(printf('%032d', i) AS BLOB), i, 'x' FROM n`);
  new PeerStore(db).ban({ publicKey: key(1), untilMs: ms(BANS_MAX + 6), reason: "x" });
  expect(db.prepare("SELECT count(*) AS n FROM ban").get()?.["n"]).toBe(BANS_MAX);
});
