import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { fromHex, toHex } from "../../../src/lib/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  isDrop,
  type Message,
  MESSAGE_BYTES_MAX,
  MESSAGES,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { EXAMPLES } from "../../support/message_vectors.ts";
import { anyMessage, anyMessageOf, definitions, fits } from "../../support/wire_arbitraries.ts";

const id = new Uint8Array(20).fill(0x11);
const vectors = new URL("../../vectors/messages.json", import.meta.url).pathname;

test("numbers and names are those of the protocol, each used once", () => {
  expect(MESSAGES.map(({ number, type }) => `${number} ${type}`)).toEqual([
    "1 PING",
    "2 PONG",
    "3 FIND_NODE",
    "4 NODES",
    "5 GET_PROVIDERS",
    "6 PROVIDERS",
    "7 ANNOUNCE",
    "8 ANNOUNCED",
    "9 HAVE",
    "10 HAVE_REPLY",
    "11 GET_RECORD",
    "12 RECORD",
    "13 PUT_RECORD",
    "14 PUT_RESULT",
    "31 ERROR",
    "64 RECEIPT",
    "65 RECEIPT_ACK",
    "66 PAY_QUOTE",
    "67 PAY_QUOTE_REPLY",
    "68 INVOICE",
    "69 INVOICE_REPLY",
    "70 CREDIT_NOTE",
    "71 CREDIT_NOTE_ACK",
    "73 QUOTE",
    "74 QUOTE_REPLY",
    "75 STORE",
    "76 STORE_REPLY",
    "80 RANK",
    "81 OFFER",
    "82 OFFER_REPLY",
  ]);
});

test("a message is a plain MessagePack array without names", () => {
  const bytes = encodeMessage({ type: "FIND_NODE", requestId: 0x01020304, target: id, want: 3 });
  expect(toHex(bytes)).toBe("9403ce01020304c414" + "11".repeat(20) + "03");
  const ping = encodeMessage({ type: "PING", requestId: 7, seq: 1 });
  expect(toHex(ping)).toBe("93010701");
  expect(decodeMessage(ping)).toEqual({ type: "PING", requestId: 7, seq: 1 });
});

test("the bytes of each message are those of test/vectors/messages.json", () => {
  const spelt = EXAMPLES.map((message) => ({
    type: message.type,
    hex: toHex(encodeMessage(message)),
  }));
  if (process.env["UPDATE_GOLDEN"] === "1") {
    writeFileSync(vectors, `${JSON.stringify(spelt, undefined, 2)}\n`);
  }
  expect(spelt).toEqual(JSON.parse(readFileSync(vectors, "utf8")));
  expect(new Set(EXAMPLES.map(({ type }) => type)).size).toBe(MESSAGES.length);
  for (const message of EXAMPLES) expect(decodeMessage(encodeMessage(message))).toEqual(message);
});

test("trailing fields are ignored, missing ones are not forgiven", () => {
  const hex = (text: string) => decodeMessage(fromHex(text) ?? new Uint8Array());
  const ping: Message = { type: "PING", requestId: 7, seq: 1 };
  expect(hex("9401070105")).toEqual(ping);
  expect(hex("950107019201029181c0c0")).toEqual(ping); // [1, 7, 1, [1, 2], [{null: null}]]
  expect(hex("920107")).toEqual({ drop: "bad_message" });
  expect(hex("9301070101")).toEqual({ drop: "bad_message" }); // bytes after the array
  expect(hex("93ccfa0701")).toEqual({ drop: "unknown_message" });
  expect(hex("93200701")).toEqual({ drop: "unknown_message" });
  expect(hex("93a1310701")).toEqual({ drop: "bad_message" }); // number as text
  expect(hex("9301cb3ff800000000000001")).toEqual({ drop: "bad_message" }); // request id 1.5
  expect(hex("83010101020103")).toEqual({ drop: "bad_message" }); // a map
  expect(hex("")).toEqual({ drop: "bad_message" });
  expect(hex("90")).toEqual({ drop: "bad_message" });
});

test("sizes are checked before a byte is unpacked, bombs are dropped", () => {
  expect(decodeMessage(new Uint8Array(MESSAGE_BYTES_MAX + 1))).toEqual({ drop: "too_large" });
  for (const lead of [0x91, 0x9f, 0xdc, 0xdd, 0x81, 0xde, 0xc9, 0xd9]) {
    const bomb = new Uint8Array(MESSAGE_BYTES_MAX).fill(lead);
    expect(isDrop(decodeMessage(bomb))).toBe(true);
    bomb.fill(0xff, 1, 5);
    expect(isDrop(decodeMessage(bomb))).toBe(true);
  }
});

test("fields out of bounds are dropped: oversized lists, wrong lengths", () => {
  const cases: readonly (readonly unknown[])[] = [
    [3, 1, new Uint8Array(19), 3],
    [3, 2 ** 32, id, 3],
    [3, 1, id, 256],
    [4, 1, new Uint8Array(17 * 51)],
    [4, 1, new Uint8Array(50)],
    [7, 1, new Uint8Array(49 * 20), 60, 1, 0, new Uint8Array()],
    [7, 1, new Uint8Array(0), 60, 1, 0, new Uint8Array()],
    [9, 1, new Uint8Array(21)],
    [11, 1, id, new Uint8Array(7)],
    [13, 1, new Uint8Array(0), new Uint8Array(0)],
    [13, 1, new Uint8Array(1201), new Uint8Array(0)],
    [14, 1, 0, 7, 60],
  ];
  for (const values of cases) expect(decodeMessage(pack(values))).toEqual({ drop: "bad_message" });
  const control = [7, 1, new Uint8Array(48 * 20), 60, 1, 0, new Uint8Array()];
  expect(decodeMessage(pack(control))).toMatchObject({ type: "ANNOUNCE", ttl: 60 });
});

test("encodeMessage() refuses what breaks its own bounds", () => {
  expect(() => encodeMessage({ type: "PING", requestId: -1, seq: 0 })).toThrow();
  const target = new Uint8Array(19);
  expect(() => encodeMessage({ type: "FIND_NODE", requestId: 1, target, want: 3 })).toThrow();
});

test("law: decode(encode(x)) = x for every message, in a fresh array", () => {
  for (const definition of definitions) {
    fc.assert(
      fc.property(anyMessageOf(definition).filter(fits), (message) => {
        const bytes = encodeMessage(message);
        expect(bytes.buffer.byteLength).toBe(bytes.length);
        const decoded = decodeMessage(bytes);
        bytes.fill(0xff); // nothing of the input is kept
        expect(decoded).toEqual(message);
      }),
      { numRuns: 30 },
    );
  }
});

test("law: random, flipped and cut bytes never throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    decodeMessage(bytes);
    decodeMessage(Uint8Array.of(0x97, ...bytes));
  }));
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat(255), (message, at, flip) => {
      const bytes = encodeMessage(message);
      const mutated = Uint8Array.from(bytes);
      mutated[at % bytes.length] = (mutated[at % bytes.length] ?? 0) ^ flip;
      decodeMessage(mutated);
      expect(isDrop(decodeMessage(bytes.subarray(0, at % bytes.length)))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

/** MessagePack of numbers and byte strings, written here by hand as a second opinion. */
function pack(values: readonly unknown[]): Uint8Array {
  const out: number[] = [0x90 | values.length];
  for (const value of values) {
    if (value instanceof Uint8Array) {
      out.push(0xc5, value.length >> 8, value.length & 255, ...value);
    } else {
      const number = new DataView(new ArrayBuffer(8));
      number.setFloat64(0, value as number);
      out.push(0xcb, ...new Uint8Array(number.buffer));
    }
  }
  return Uint8Array.from(out);
}
