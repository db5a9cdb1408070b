import { RecordServing } from "../../../src/dht/record_serving.ts";
import { equalBytes, type PublicKey, utf8 } from "../../../src/lib/mod.ts";
import { immutableRecord, signHost, type Verified } from "../../../src/records/mod.ts";
import {
  encodeMessage,
  type MessageOfType,
  PUT_CODE,
  RECORD_REPLY_BYTES_MAX,
  REPLY_BYTES_MAX,
} from "../../../src/wire/mod.ts";
import { at, contactFrom, contextFor, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { NETWORK, OWNER, ownerFrom, SIGNED_AT_MS, valueOf } from "../../support/record_fixture.ts";

function fresh(isNameDenied: (publicKey: PublicKey) => boolean = () => false) {
  const context = contextFor();
  context.wallOffsetMs = SIGNED_AT_MS;
  const serving = new RecordServing(context, isNameDenied);
  const put = (record: Pick<Verified, "bytes">, more: { cas?: bigint; from?: number } = {}) =>
    serving.putResult(peerFrom(more.from ?? 1), {
      type: "PUT_RECORD",
      requestId: 7,
      record: record.bytes,
      cas: more.cas,
    }, at(0));
  const get = (key: Uint8Array, minSeq?: bigint) =>
    serving.record(
      peerFrom(2),
      { type: "GET_RECORD", requestId: 8, key, minSeq },
      at(0),
    ) as MessageOfType<"RECORD">;
  return { context, serving, put, get };
}

const code = (name: keyof typeof PUT_CODE) => ({ type: "PUT_RESULT", code: PUT_CODE[name] });

test("what was put is got, with its seq", () => {
  const { put, get } = fresh();
  for (const record of [valueOf("a", { seq: 7n }), immutableRecord(utf8("b"))]) {
    expect(put(record)).toMatchObject(code("stored"));
    expect(get(record.key).record).toEqual(record.bytes);
  }
  expect(get(valueOf("a").key).seq).toBe(7n);
});

test("what a denied name's owner signed is neither kept nor handed out, and is back after", () => {
  let isDenied = false;
  const { put, get, context } = fresh((key) => isDenied && equalBytes(key, OWNER.publicKey));
  const record = valueOf("a", { seq: 7n });
  put(record);
  isDenied = true;
  const answer = get(record.key);
  expect([answer.record.length, answer.seq]).toEqual([0, undefined]);
  expect(put(valueOf("b", { seq: 8n }))).toEqual({ type: "ERROR", requestId: 7, code: 2 });
  expect(context.stats.recordsRefused).toBe(1);
  expect(put(immutableRecord(utf8("c")))).toMatchObject(code("stored"));
  isDenied = false;
  expect(get(record.key).seq).toBe(7n);
});

test("the answer to a put says what is stored now and for how long", () => {
  const { put } = fresh();
  expect(put(valueOf("a", { seq: 7n }))).toEqual({
    type: "PUT_RESULT",
    requestId: 7,
    code: 0,
    seq: 7n,
    ttl: 7200,
  });
  const low = valueOf("b", { seq: 6n });
  expect(put(low)).toMatchObject({ ...code("seq_too_low"), seq: 7n });
  expect(put(valueOf("b", { seq: 7n }))).toMatchObject({ ...code("seq_reused"), seq: 7n });
  const next = valueOf("b", { seq: 8n });
  expect(put(next, { cas: 6n })).toMatchObject({ ...code("cas_mismatch"), seq: 7n });
  expect(put(next, { cas: 7n })).toMatchObject({ ...code("stored"), seq: 8n });
});

test("a record that the asker has already is not sent, its seq is", () => {
  const { put, get } = fresh();
  const record = valueOf("a", { seq: 7n });
  put(record);
  expect(get(record.key, 7n).record).toEqual(record.bytes);
  expect(get(record.key, 8n)).toMatchObject({ record: new Uint8Array(), seq: 7n });
  const unknown = immutableRecord(utf8("x")).key;
  expect(get(unknown)).toMatchObject({ record: new Uint8Array(), seq: undefined });
});

test("forged, foreign and cut records are refused and counted, and nothing of them stays", () => {
  const { context, put, get } = fresh();
  const record = valueOf("a");
  const forged = new Uint8Array(record.bytes);
  forged[50] = (forged[50] ?? 0) ^ 1;
  expect(put({ bytes: forged })).toMatchObject({ ...code("bad_record"), seq: undefined, ttl: 0 });
  expect(context.stats.recordsForged).toBe(1);
  expect(put({ bytes: record.bytes.subarray(1) })).toMatchObject(code("bad_record"));
  expect(put({ bytes: utf8("junk") })).toMatchObject(code("bad_record"));
  expect(context.stats.recordsRefused).toBe(3);
  expect(get(record.key).record).toHaveLength(0);
});

test("a record past its life, or signed ahead of time, is refused", () => {
  const { put } = fresh();
  const past = valueOf("a", { signedAtMs: SIGNED_AT_MS - 60_000, lifetimeSeconds: 60 });
  expect(put(past)).toMatchObject(code("bad_record"));
  expect(put(valueOf("a", { signedAtMs: SIGNED_AT_MS + 601_000 }))).toMatchObject(
    code("bad_record"),
  );
  expect(put(valueOf("a", { signedAtMs: SIGNED_AT_MS + 599_000 }))).toMatchObject(code("stored"));
});

test("a host record that sends others to private addresses is refused on main", () => {
  const { put } = fresh();
  const at = (ip: string) =>
    signHost(OWNER, NETWORK, {
      seq: 1n,
      parents: [{
        publicKey: OWNER.publicKey,
        address: { ip, port: 4001 },
        leaseUntil: SIGNED_AT_MS / 1000 + 600,
      }],
      capabilities: 0,
    });
  expect(put(at("192.168.1.1"))).toMatchObject(code("bad_record"));
  expect(put(at("127.0.0.1"))).toMatchObject(code("bad_record"));
  expect(put(at("80.1.1.1"))).toMatchObject(code("stored"));
});

test("the answer with the largest record and all contacts stays within its bound", () => {
  const { context, put, get } = fresh();
  for (let i = 0; i < 16; i++) {
    const ip = i % 2 === 0 ? `2a00:${1450 + i}::1` : `80.0.${i}.1`;
    context.table.offer(contactFrom((0x8000 + 256 * i).toString(16), { ip }));
  }
  const small = get(valueOf("a").key);
  expect(small.contacts).toHaveLength(16);
  const record = valueOf("x".repeat(1000), { salt: new Uint8Array(64), seq: 2n ** 64n - 1n });
  put(record);
  const answer = get(record.key);
  expect(answer.record).toEqual(record.bytes);
  expect(answer.contacts.length).toBeGreaterThanOrEqual(12);
  expect(encodeMessage(answer).length).toBeLessThanOrEqual(RECORD_REPLY_BYTES_MAX);
});

test("an answer to a handshake names fewer nodes rather than not to fit it", () => {
  const { context, serving, put } = fresh();
  for (let i = 0; i < 16; i++) {
    context.table.offer(contactFrom((0x8000 + 256 * i).toString(16), { ip: `80.0.${i}.1` }));
  }
  const answerOf = (record: Verified, isUnproven: boolean) => {
    const ask = { type: "GET_RECORD", requestId: 8, key: record.key, minSeq: undefined } as const;
    const answer = serving.record(peerFrom(2), ask, at(0), isUnproven);
    return { bytes: encodeMessage(answer).length, answer: answer as MessageOfType<"RECORD"> };
  };
  const record = valueOf("x".repeat(400));
  put(record);
  expect(answerOf(record, false).answer.contacts).toHaveLength(16);
  const { bytes, answer } = answerOf(record, true);
  expect(bytes).toBeLessThanOrEqual(REPLY_BYTES_MAX);
  expect(answer.record).toEqual(record.bytes);
  expect(answer.contacts.length).toBeGreaterThanOrEqual(8);
});

test("a flood from one /24 is turned away before a signature is checked", () => {
  const { context, put } = fresh();
  const forged = new Uint8Array(valueOf("a").bytes);
  forged[50] = (forged[50] ?? 0) ^ 1;
  for (let i = 0; i < 1000; i++) put({ bytes: forged });
  expect(context.stats.recordsForged).toBe(128);
  expect(put(valueOf("a"))).toEqual({ type: "ERROR", requestId: 7, code: 1 });
  expect(put(valueOf("a"), { from: 256 * 7 })).toMatchObject(code("stored")); // another network
});

test("bytes that are stored already are not checked again", () => {
  const { context, put } = fresh();
  const record = valueOf("a");
  put(record);
  const other = { ...context.self, networkId: Uint8Array.of(9, 9, 9, 9) };
  Object.assign(context, { self: other }); // any check would fail from now on
  expect(put(record)).toMatchObject(code("stored"));
  expect(put(valueOf("a", {}, ownerFrom(2)))).toMatchObject(code("bad_record"));
});
