import { dhtConfig, type LookupId } from "../../../src/dht/mod.ts";
import { Lookup } from "../../../src/dht/lookup.ts";
import { RecordSearch, type RecordSearchOptions } from "../../../src/dht/record_search.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { immutableRecord, type Verified } from "../../../src/records/mod.ts";
import type { MessageOfType } from "../../../src/wire/mod.ts";
import { at, contextFor, peerFrom, takeAll } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { SIGNED_AT_MS, valueOf } from "../../support/record_fixture.ts";

const record = valueOf("a", { seq: 5n });

function fresh(options: Partial<RecordSearchOptions> = {}, key: Uint8Array = record.key) {
  const context = contextFor();
  context.wallOffsetMs = SIGNED_AT_MS;
  const search = new RecordSearch(context, { known: undefined, agreeing: 3, ...options });
  const run = { id: 1 as LookupId, lookup: new Lookup(key, dhtConfig(false).lookup) };
  const hear = (from: number, bytes: Uint8Array, seq?: bigint) =>
    search.handleAnswer(run, peerFrom(from), answer(bytes, seq), at(0));
  const tell = (from: number, told: Verified) => hear(from, told.bytes);
  const minSeq = () => (search.question(run) as MessageOfType<"GET_RECORD">).minSeq;
  search.begin(run, at(0));
  return { context, search, run, hear, tell, minSeq };
}

const answer = (bytes: Uint8Array, seq?: bigint): MessageOfType<"RECORD"> => ({
  type: "RECORD",
  requestId: 1,
  record: bytes,
  seq,
  contacts: [],
});
const NONE = new Uint8Array();

test("three nodes that tell of the same record are enough, be it by its seq alone", () => {
  const { search, hear, tell } = fresh();
  tell(1, record);
  tell(1, record); // one node counts once
  hear(2, NONE, 5n);
  expect(search.isEnough).toBe(false);
  hear(3, NONE, 5n);
  expect(search.isEnough).toBe(true);
  expect(search.best).toEqual(record);
});

test("a greater seq takes over, and agreement begins anew", () => {
  const { search, tell, hear } = fresh();
  tell(1, record);
  hear(2, NONE, 5n);
  const newer = valueOf("b", { seq: 6n });
  tell(3, newer);
  tell(4, record);
  expect(search.best).toEqual(newer);
  expect(search.agreeing).toBe(1);
});

test("a node that tells of a greater seq without showing it changes nothing", () => {
  const { search, tell, hear } = fresh();
  tell(1, record);
  hear(2, NONE, 2n ** 63n);
  expect(search.best).toEqual(record);
  expect(search.agreeing).toBe(1);
});

test("a forged record is not taken, and who tells it three times is not listened to", () => {
  const { context, search, hear } = fresh();
  const forged = new Uint8Array(record.bytes);
  forged[50] = (forged[50] ?? 0) ^ 1;
  for (let i = 0; i < 3; i++) hear(1, forged);
  hear(2, valueOf("a", { salt: utf8("another key") }).bytes);
  expect(search.best).toBeUndefined();
  expect(context.stats.recordsForged).toBe(4);
  expect(takeAll(context)).toMatchObject([
    { kind: "peer_blamed", publicKey: peerFrom(1).publicKey, reason: "false_record" },
  ]);
});

test("what is stored here is known, and no opinion", () => {
  const { context } = fresh();
  context.signedRecords.put(record, { ...peerFrom(1) }, true, at(0));
  const search = new RecordSearch(context, { known: undefined, agreeing: 3 });
  search.begin(
    { id: 2 as LookupId, lookup: new Lookup(record.key, dhtConfig(false).lookup) },
    at(0),
  );
  expect(search.best).toEqual(record);
  expect(search.agreeing).toBe(0);
});

test("what the caller knows is asked for again only if it is newer or signed later", () => {
  expect(fresh().minSeq()).toBeUndefined();
  expect(fresh({ known: record }).minSeq()).toBe(6n);
  // Less than half of its life is left: a later signature of the same would help.
  const old = valueOf("a", { seq: 5n, signedAtMs: SIGNED_AT_MS - 50_000_000 });
  const { search, tell, minSeq } = fresh({ known: old });
  expect(minSeq()).toBe(5n);
  tell(1, record);
  expect(search.best).toEqual(record);
  expect(minSeq()).toBe(6n);
});

test("the greatest seq of all is asked for as such", () => {
  expect(fresh({ known: valueOf("a", { seq: 2n ** 64n - 1n }) }).minSeq()).toBe(2n ** 64n - 1n);
});

test("a value under its own hash needs no second opinion", () => {
  const fixed = immutableRecord(utf8("fixed"));
  const { search, tell } = fresh({}, fixed.key);
  tell(1, fixed);
  expect(search.isEnough).toBe(true);
});

test("a record from a time that is not yet is ignored", () => {
  const { search, tell } = fresh();
  tell(1, valueOf("a", { seq: 9n, signedAtMs: SIGNED_AT_MS + 700_000 }));
  expect(search.best).toBeUndefined();
});

test("without a wanted agreement everybody near is asked", () => {
  const { search, tell, hear } = fresh({ agreeing: undefined });
  tell(1, record);
  for (let i = 2; i < 20; i++) hear(i, NONE, 5n);
  expect(search.isEnough).toBe(false);
});
