import { Packr } from "msgpackr/pack";
import { assert, broken } from "../lib/mod.ts";
import { CONTACT_BYTES_V6, CONTACTS_MAX, decodeContacts, encodeContacts } from "./contact.ts";
import { CREDIT_NOTE_BYTES, INVOICE_ID_BYTES } from "./credit_note_field.ts";
import { defineMessage, type MessageDefinition, type MessageOf } from "./define_message.ts";
import { type Drop, drop, isDrop } from "./drop.ts";
import { BAD, bin, id20, ids, maybeU64, packed, u16, u32, u64, u8 } from "./fields.ts";
import { HOSTING_MESSAGES } from "./hosting_messages.ts";
import { packValues, unpackValues, type WireValue } from "./message_values.ts";
import { PLACEMENT_MESSAGES } from "./placement_messages.ts";
import { decodeProviders, encodeProviders, PROVIDERS_MAX } from "./provider_record.ts";
import { RECEIPT_BYTES } from "./receipt_field.ts";

/** Every message of the catalogue fits two packets of the least path size, and all but those that
 * carry a record fit one. Checked before a byte is unpacked: 72 KB of nested array headers have
 * killed a process (msgpackr PR #200). */
export const MESSAGE_BYTES_MAX = 2048;
/** An answer stays within 3 × the least INIT together with its RESP (protocol.md §1, §3.2). */
export const REPLY_BYTES_MAX = 1070;
/** RECORD alone may be longer, since a record of full size is: only over a session that stands. */
export const RECORD_REPLY_BYTES_MAX = 2000;
/** The largest record (records/record_codec.ts). */
export const RECORD_BYTES_MAX = 1200;
/** Keys of one ANNOUNCE or HAVE: 48 × 20 + head fit one packet beside a 57-byte head. */
export const KEYS_MAX = 48;

/** Flags of GET_PROVIDERS. */
export const GET_PROVIDERS_ANNOUNCE = 1;
export const GET_PROVIDERS_WANT_NODES = 2;
/** Bits of FIND_NODE's `want`. */
export const WANT_IPV4 = 1;
export const WANT_IPV6 = 2;

/** Codes of ERROR: why a request got no proper answer. */
export const ERROR_CODE = { busy: 1, refused: 2, rank: 3, unsupported: 4 } as const;

/** Codes of PUT_RESULT: what became of a record. */
export const PUT_CODE = {
  stored: 0,
  seq_too_low: 1,
  full: 2,
  rank: 3,
  seq_reused: 4,
  cas_mismatch: 5,
  bad_record: 6,
} as const;

/** Codes of RECEIPT_ACK and CREDIT_NOTE_ACK: what became of what was signed. */
export const RECEIPT_CODE = { taken: 0, held: 1, refused: 2 } as const;
/** Codes of PAY_QUOTE_REPLY and INVOICE_REPLY. `none`: no credit is sold here; `stale`: that is not
 * what was quoted, or too long ago; `failed`: the operator's payment program did. */
export const PAY_CODE = {
  ok: 0,
  none: 1,
  busy: 2,
  stale: 3,
  refused: 4,
  failed: 5,
  rank: 6,
} as const;
/** States of INVOICE_REPLY. */
export const INVOICE_STATE = { open: 0, paid: 1, credited: 2, expired: 3 } as const;
/** A payment method's name and a unit's: short words of printable ASCII. */
export const PAY_WORD_BYTES_MAX = 16;
/** What a payer is told: a Lightning invoice (BOLT 11) has some 300 characters, at most 640. */
export const PAY_TO_BYTES_MAX = 1024;

const contacts = packed(
  {
    field: "contacts",
    min: 0,
    max: CONTACTS_MAX,
    wire: `bin of ≤ ${CONTACTS_MAX} contacts (≤ ${CONTACTS_MAX * CONTACT_BYTES_V6} B)`,
  },
  (bytes) => {
    const list = decodeContacts(bytes);
    return isDrop(list) ? BAD : list;
  },
  encodeContacts,
);
const providers = packed(
  { field: "providers", min: 0, max: PROVIDERS_MAX, wire: `bin of ≤ ${PROVIDERS_MAX} records` },
  (bytes) => {
    const list = decodeProviders(bytes);
    return isDrop(list) ? BAD : list;
  },
  encodeProviders,
);
/** How the sender wants to be listed: ttl in seconds; kind as in a provider record; `source` is its
 * own address (6 or 18 bytes), or empty for "where this session comes from". An address that is not
 * the session's own is not believed: the record then names the key alone. */
const listing = { ttl: u32, kind: u8, recordFlags: u8, source: bin(0, 18) };

export const PING = defineMessage(1, "PING", "Are you there? `seq` numbers the attempt.", {
  requestId: u32,
  seq: u32,
});
export const PONG = defineMessage(
  2,
  "PONG",
  "Answers PING: its `seq`, the sequence number of the sender's node record (0 = none), the " +
    "sender's load in 1/255, and where the PING came from (IP and port).",
  { requestId: u32, seq: u32, recordSeq: u32, load: u8, observed: bin(6, 18) },
);
export const FIND_NODE = defineMessage(
  3,
  "FIND_NODE",
  "Which nodes do you know nearest to `target`? `want`: bit 0 IPv4, bit 1 IPv6.",
  { requestId: u32, target: id20, want: u8 },
);
export const NODES = defineMessage(4, "NODES", "Answers FIND_NODE, nearest first.", {
  requestId: u32,
  contacts,
});
export const GET_PROVIDERS = defineMessage(
  5,
  "GET_PROVIDERS",
  "Who has `key`? At most `max` records; `flags`: bit 0 announce (list the sender too, as the " +
    "listing fields say), bit 1 add the nearest nodes; `page`: 0, or the token of the last answer.",
  { requestId: u32, key: id20, max: u8, flags: u8, page: u32, ...listing },
);
export const PROVIDERS = defineMessage(
  6,
  "PROVIDERS",
  "Answers GET_PROVIDERS: a random, address-diverse choice of records, how many there are, the " +
    "nearest nodes, a token for the next page (0 = no more), and for how many seconds the sender " +
    "of an announce is listed (0 = not).",
  { requestId: u32, providers, estimate: u32, contacts, page: u32, ttl: u32 },
);
export const ANNOUNCE = defineMessage(7, "ANNOUNCE", "List me as a provider of these keys.", {
  requestId: u32,
  keys: ids(1, KEYS_MAX),
  ...listing,
});
export const ANNOUNCED = defineMessage(
  8,
  "ANNOUNCED",
  "Answers ANNOUNCE: seconds the records will be kept, and a bitmap of the keys that were taken " +
    "(bit i of byte ⌊i/8⌋, lowest bit first, = key i).",
  { requestId: u32, ttl: u32, stored: bin(1, KEYS_MAX / 8) },
);
export const HAVE = defineMessage(9, "HAVE", "Which of these chunks do you hold?", {
  requestId: u32,
  ids: ids(1, KEYS_MAX),
});
export const HAVE_REPLY = defineMessage(
  10,
  "HAVE_REPLY",
  "Answers HAVE: a bitmap as in ANNOUNCED, a price factor per id asked, and the queue in ms.",
  { requestId: u32, held: bin(1, KEYS_MAX / 8), prices: bin(1, KEYS_MAX), queueMs: u16 },
);
export const GET_RECORD = defineMessage(
  11,
  "GET_RECORD",
  "What is stored under `key`? A record whose seq is below `minSeq` is not sent, its seq alone is.",
  { requestId: u32, key: id20, minSeq: maybeU64 },
);
export const RECORD = defineMessage(
  12,
  "RECORD",
  "Answers GET_RECORD: the record (empty: none, or none that was wanted), the seq of what is " +
    "stored (0 for an immutable record), and the nearest nodes.",
  { requestId: u32, record: bin(0, RECORD_BYTES_MAX), seq: maybeU64, contacts },
);
export const PUT_RECORD = defineMessage(
  13,
  "PUT_RECORD",
  "Store this record. `cas`: only if what is stored, if anything is, has this seq.",
  { requestId: u32, record: bin(1, RECORD_BYTES_MAX), cas: maybeU64 },
);
export const PUT_RESULT = defineMessage(
  14,
  "PUT_RESULT",
  "Answers PUT_RECORD: 0 stored, 1 a higher seq is stored, 2 full, 3 rank, 4 the same seq is " +
    "stored with another value, 5 `cas` does not match, 6 no valid record; the seq that is " +
    "stored now, and for how many seconds.",
  { requestId: u32, code: u8, seq: maybeU64, ttl: u32 },
);
export const ERROR = defineMessage(
  31,
  "ERROR",
  "Answers any request that gets no proper answer: 1 busy, 2 refused, 3 rank, 4 unsupported.",
  { requestId: u32, code: u8 },
);

export const RECEIPT = defineMessage(
  64,
  "RECEIPT",
  "What the sender has had of the receiver, signed: see below. It says all that earlier ones " +
    "said. `placed`: what of its credit bytes was for places, in all since its epoch.",
  { requestId: u32, receipt: bin(RECEIPT_BYTES, RECEIPT_BYTES), placed: u64 },
);
export const RECEIPT_ACK = defineMessage(
  65,
  "RECEIPT_ACK",
  "Answers RECEIPT: 0 it is kept on disk, 1 a later one is held, which follows, 2 it is none " +
    "that could be kept.",
  { requestId: u32, code: u8, held: bin(0, RECEIPT_BYTES) },
);

export const PAY_QUOTE = defineMessage(
  66,
  "PAY_QUOTE",
  "What would it cost me to be credited `cb`?",
  { requestId: u32, cb: u64 },
);
export const PAY_QUOTE_REPLY = defineMessage(
  67,
  "PAY_QUOTE_REPLY",
  "Answers PAY_QUOTE: 0 so many whole `unit`s by `method` (printable ASCII both), 1 no credit is " +
    "sold, 2 busy, 4 refused, 5 the payment program failed, 6 the asker's rank is too low to be " +
    "served; for how many seconds it holds.",
  {
    requestId: u32,
    code: u8,
    amount: u64,
    unit: bin(0, PAY_WORD_BYTES_MAX),
    method: bin(0, PAY_WORD_BYTES_MAX),
    expiresInSeconds: u32,
  },
);
export const INVOICE = defineMessage(
  68,
  "INVOICE",
  "Make me the invoice that I call `invoice`, for what you quoted last; or, if it is made: how " +
    "does it stand?",
  { requestId: u32, invoice: bin(INVOICE_ID_BYTES, INVOICE_ID_BYTES), cb: u64, amount: u64 },
);
export const INVOICE_REPLY = defineMessage(
  69,
  "INVOICE_REPLY",
  "Answers INVOICE: codes as in PAY_QUOTE_REPLY, 3 that is not what was quoted; its state (0 " +
    "open, 1 paid, 2 credited, 3 expired), how much to pay, for how many seconds, and what to " +
    "(UTF-8).",
  {
    requestId: u32,
    code: u8,
    state: u8,
    amount: u64,
    expiresInSeconds: u32,
    payTo: bin(0, PAY_TO_BYTES_MAX),
  },
);
export const CREDIT_NOTE = defineMessage(
  70,
  "CREDIT_NOTE",
  "An invoice of the receiver's is paid, signed: see below. Its balance has been lowered.",
  { requestId: u32, note: bin(CREDIT_NOTE_BYTES, CREDIT_NOTE_BYTES) },
);
export const CREDIT_NOTE_ACK = defineMessage(
  71,
  "CREDIT_NOTE_ACK",
  "Answers CREDIT_NOTE: 0 it is kept on disk, 1 a later one is held, or another one for this " +
    "invoice, which follows, 2 it is none that could be kept.",
  { requestId: u32, code: u8, held: bin(0, CREDIT_NOTE_BYTES) },
);

export const RANK = defineMessage(
  80,
  "RANK",
  "The sender has a better rank than its handshake claimed, and the nonce that proves it. Not " +
    "answered.",
  { requestId: u32, rank: u8, nonce: u64 },
);

/** Every message this version speaks, by number (protocol.md §9a). */
export const MESSAGES = [
  PING,
  PONG,
  FIND_NODE,
  NODES,
  GET_PROVIDERS,
  PROVIDERS,
  ANNOUNCE,
  ANNOUNCED,
  HAVE,
  HAVE_REPLY,
  GET_RECORD,
  RECORD,
  PUT_RECORD,
  PUT_RESULT,
  ERROR,
  RECEIPT,
  RECEIPT_ACK,
  PAY_QUOTE,
  PAY_QUOTE_REPLY,
  INVOICE,
  INVOICE_REPLY,
  CREDIT_NOTE,
  CREDIT_NOTE_ACK,
  ...HOSTING_MESSAGES,
  RANK,
  ...PLACEMENT_MESSAGES,
] as const;

export type Message = MessageOf<(typeof MESSAGES)[number]>;
export type MessageType = Message["type"];
/** The message of one type. */
export type MessageOfType<T extends MessageType> = Extract<Message, { readonly type: T }>;

const byNumber = new Map<number, MessageDefinition>(
  MESSAGES.map((definition) => [definition.number, definition as unknown as MessageDefinition]),
);
const byType = new Map<string, MessageDefinition>(
  MESSAGES.map((definition) => [definition.type, definition as unknown as MessageDefinition]),
);

const packr = new Packr({ useRecords: false, copyBuffers: true });

/** The bytes of a message, a fresh array. A message that breaks its own bounds is our bug.
 * @throws {AssertionError} if a field is out of bounds, or it would not fit MESSAGE_BYTES_MAX. */
export function encodeMessage(message: Message): Uint8Array {
  const definition = byType.get(message.type);
  assert(definition !== undefined, `no message type ${message.type}`);
  const { number, fields } = definition;
  const given = message as Readonly<Record<string, unknown>>;
  const values: WireValue[] = [number];
  for (const [name, field] of fields) values.push(field.encode(given[name]));
  const packed = packValues(values);
  if (packed.length > MESSAGE_BYTES_MAX) broken(`${message.type} of ${packed.length} bytes`);
  return packed;
}

/** The message that `bytes` spell, or why they are dropped. Never throws; keeps nothing of `bytes`.
 * Fields after the known ones are ignored, so that a later version may append some. */
export function decodeMessage(bytes: Uint8Array): Message | Drop {
  if (bytes.length > MESSAGE_BYTES_MAX) return drop("too_large");
  const values = unpackValues(bytes) ?? unpackArray(bytes);
  if (values === undefined) return drop("bad_message");
  const definition = byNumber.get(values[0] as number);
  if (definition === undefined) {
    return drop(Number.isInteger(values[0]) ? "unknown_message" : "bad_message");
  }
  const message: Record<string, unknown> = { type: definition.type };
  let at = 1;
  for (const [name, field] of definition.fields) {
    const value = field.decode(values[at++]);
    if (value === BAD) return drop("bad_message");
    message[name] = value;
  }
  return message as Message;
}

/** What a later version may have appended is read as well, whatever it is made of. */
function unpackArray(bytes: Uint8Array): readonly unknown[] | undefined {
  const lead = bytes[0] ?? 0;
  if ((lead & 0xf0) !== 0x90 && lead !== 0xdc && lead !== 0xdd) return undefined; // not an array
  try {
    // A plain view, so that a node:crypto Buffer handed in does not turn every bin into a Buffer.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const value: unknown = packr.unpack(plain);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // msgpackr throws on cut, overlong or too deep input
  }
}
