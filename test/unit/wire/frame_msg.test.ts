import { decodeMsg, encodeMsg, MSG_FRAME, MsgFrame } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

const MESSAGE = Uint8Array.from({ length: 300 }, (_, i) => i);

function decoded(bytes: Uint8Array, at: number, end: number) {
  const frame = new MsgFrame();
  const next = decodeMsg(bytes, at, end, frame);
  if (next === undefined) return undefined;
  const { id, offset, total, bytesAt, length } = frame;
  expect(next).toBe(bytesAt + length);
  return { id, offset, total, part: bytes.slice(bytesAt, bytesAt + length) };
}

test("a part of a message is read back", () => {
  const bytes = written((out, at) => encodeMsg(513, MESSAGE, 100, 50, out, at));
  expect(bytes.length).toBe(MSG_FRAME.bytes + 50);
  expectCodec(bytes, decoded, {
    id: 513,
    offset: 100,
    total: 300,
    part: MESSAGE.slice(100, 150),
  });
});

test("an empty part and one beyond the message's end are refused", () => {
  const with_ = (offset: number, total: number, length: number) => {
    const bytes = new Uint8Array(MSG_FRAME.bytes + 20);
    bytes.set([6, 0, 1, 0, offset, 0, total, 0, length]);
    return decoded(bytes, 0, bytes.length);
  };
  expect(with_(0, 10, 10)).toBeDefined();
  expect(with_(0, 10, 0)).toBeUndefined();
  expect(with_(0, 10, 11)).toBeUndefined();
  expect(with_(5, 10, 6)).toBeUndefined();
  expect(with_(0, 0, 0)).toBeUndefined();
});
