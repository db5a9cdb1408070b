import { asPublicKey } from "../../src/lib/mod.ts";
import type { Message } from "../../src/wire/mod.ts";

/** `count` bytes that go up from `first`, so that a misplaced field is seen at a glance. */
const run = (first: number, count: number) =>
  Uint8Array.from({ length: count }, (_, i) => first + i);
const key = (first: number) => asPublicKey(run(first, 32));
const v4 = { ip: "192.0.2.1", port: 4001 };
const v6 = { ip: "2001:db8::1", port: 443 };
const contact = (first: number, address: typeof v4) => ({
  publicKey: key(first),
  idNonce: 0x0102030405060708n,
  idPrefix: 0xa1a2a3a4,
  address,
});
const record = { flags: 1, factor: 17, expiresAt: 1_767_225_600 };
const listing = { ttl: 86_400, kind: 4, recordFlags: 1, source: new Uint8Array() };

/** One message of each kind, with every form of contact and record. Their bytes are kept in
 * test/vectors/messages.json: a change there is a change of the protocol. */
export const EXAMPLES: readonly Message[] = [
  { type: "PING", requestId: 0x01020304, seq: 1 },
  {
    type: "PONG",
    requestId: 0x01020304,
    seq: 1,
    recordSeq: 0,
    load: 128,
    observed: Uint8Array.of(192, 0, 2, 1, 15, 161),
  },
  { type: "FIND_NODE", requestId: 0xffffffff, target: run(0x40, 20), want: 3 },
  { type: "NODES", requestId: 0xffffffff, contacts: [contact(0, v4), contact(0x80, v6)] },
  {
    type: "GET_PROVIDERS",
    requestId: 7,
    key: run(0x40, 20),
    max: 24,
    flags: 3,
    page: 0,
    ...listing,
  },
  {
    type: "PROVIDERS",
    requestId: 7,
    providers: [
      { ...record, publicKey: key(0x10), address: v4 },
      { ...record, publicKey: key(0x20), address: v6 },
      { ...record, publicKey: key(0x30), address: undefined },
    ],
    estimate: 64,
    contacts: [contact(0, v4)],
    page: 0x04030203,
    ttl: 86_400,
  },
  {
    type: "ANNOUNCE",
    requestId: 8,
    keys: [run(0x40, 20), run(0x60, 20)],
    ...listing,
    source: Uint8Array.of(192, 0, 2, 1, 15, 161),
  },
  { type: "ANNOUNCED", requestId: 8, ttl: 86_400, stored: Uint8Array.of(3) },
  { type: "HAVE", requestId: 9, ids: [run(0x40, 20), run(0x60, 20)] },
  {
    type: "HAVE_REPLY",
    requestId: 9,
    held: Uint8Array.of(2),
    prices: Uint8Array.of(0, 17),
    queueMs: 300,
  },
  { type: "GET_RECORD", requestId: 10, key: run(0x40, 20), minSeq: undefined },
  { type: "GET_RECORD", requestId: 10, key: run(0x40, 20), minSeq: 0x0102030405060708n },
  {
    type: "RECORD",
    requestId: 10,
    record: run(0x50, 40),
    seq: 7n,
    contacts: [contact(0, v4)],
  },
  { type: "RECORD", requestId: 10, record: new Uint8Array(), seq: undefined, contacts: [] },
  { type: "PUT_RECORD", requestId: 11, record: run(0x50, 40), cas: undefined },
  { type: "PUT_RECORD", requestId: 11, record: run(0x50, 40), cas: 6n },
  { type: "PUT_RESULT", requestId: 11, code: 0, seq: 7n, ttl: 7200 },
  { type: "ERROR", requestId: 9, code: 1 },
  { type: "RECEIPT", requestId: 12, receipt: run(0x01, 169), placed: 0x0102030405060708n },
  { type: "RECEIPT_ACK", requestId: 12, code: 0, held: new Uint8Array() },
  { type: "RECEIPT_ACK", requestId: 12, code: 1, held: run(0x01, 169) },
  { type: "PAY_QUOTE", requestId: 13, cb: 0x0102030405060708n },
  {
    type: "PAY_QUOTE_REPLY",
    requestId: 13,
    code: 0,
    amount: 1_500n,
    unit: Uint8Array.of(0x73, 0x61, 0x74),
    method: Uint8Array.of(0x6d, 0x61, 0x6e, 0x75, 0x61, 0x6c),
    expiresInSeconds: 600,
  },
  { type: "INVOICE", requestId: 14, invoice: run(0x40, 16), cb: 2n ** 40n, amount: 1_500n },
  {
    type: "INVOICE_REPLY",
    requestId: 14,
    code: 0,
    state: 0,
    amount: 1_500n,
    expiresInSeconds: 3600,
    payTo: run(0x41, 26),
  },
  { type: "CREDIT_NOTE", requestId: 15, note: run(0x01, 185) },
  { type: "CREDIT_NOTE_ACK", requestId: 15, code: 1, held: run(0x01, 185) },
  {
    type: "OFFER",
    requestId: 14,
    ids: [run(0x40, 20), run(0x60, 20)],
    lengths: Uint8Array.of(16, 0, 0, 0, 1, 2),
  },
  { type: "OFFER_REPLY", requestId: 14, held: Uint8Array.of(2), wanted: Uint8Array.of(3) },
  { type: "QUOTE", requestId: 13, id: run(0x40, 20), bytes: 1_048_576, weeks: 4 },
  {
    type: "QUOTE_REPLY",
    requestId: 13,
    ...{ code: 0, quote: 0x01020304, price: 262_144n, ttl: 60, rank: 0 },
  },
  {
    type: "QUOTE_REPLY",
    requestId: 13,
    ...{ code: 1, quote: 0, price: undefined, ttl: 0, rank: 13 },
  },
  { type: "STORE", requestId: 14, quote: 0x01020304, id: run(0x40, 20), price: 262_144n },
  { type: "STORE_REPLY", requestId: 14, code: 0, price: 262_144n, until: 1_800_000_000 },
  { type: "RANK", requestId: 16, rank: 19, nonce: 0x0102030405060708n },
];
