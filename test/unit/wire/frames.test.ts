import {
  AckRanges,
  type Drop,
  drop,
  encodeAck,
  encodeAnswer,
  encodeCancel,
  encodeClose,
  encodeData,
  encodeFetch,
  encodeMsg,
  encodePad,
  encodePing,
  FRAME,
  type FrameHandler,
  readFrames,
} from "../../../src/wire/mod.ts";
import { recordingHandler } from "../../support/frame_recorder.ts";
import { expect, test } from "../../support/harness.ts";

const BYTES = Uint8Array.from({ length: 40 }, (_, i) => i);

function somePacket(): Uint8Array {
  const out = new Uint8Array(300);
  const ack = new AckRanges();
  ack.first[0] = 3;
  ack.last[0] = 9;
  ack.count = 1;
  let at = encodeAck(ack, out, 0, 100);
  at = encodePing(out, at);
  at = encodePad(3, out, at);
  at = encodeMsg(1, BYTES, 0, 40, out, at);
  at = encodeFetch({ requestId: 2, id: BYTES.slice(0, 20), bitmap: 1, maxPrice: 0 }, out, at);
  at = encodeData(3, 65_536, BYTES, 0, 40, out, at);
  at = encodeCancel(4, out, at);
  at = encodeAnswer(BYTES, out, at);
  at = encodeClose(1, BYTES.subarray(0, 2), out, at);
  return out.slice(0, encodePad(2, out, at));
}

test("readFrames() hands over each frame in order and skips PAD", () => {
  const { handler, seen } = recordingHandler();
  expect(readFrames(somePacket(), handler)).toBeUndefined();
  expect(seen.map((call) => call[0])).toEqual([
    "onAck",
    "onPing",
    "onMsg",
    "onFetch",
    "onData",
    "onCancel",
    "onAnswer",
    "onClose",
  ]);
  expect(seen[4]?.[1]).toEqual({ requestId: 3, offset: 65_536, bytes: BYTES });
});

test("readFrames() stays between from and to", () => {
  const { handler, seen } = recordingHandler();
  const packet = Uint8Array.of(99, FRAME.ping, FRAME.immediateAck, 99);
  expect(readFrames(packet, handler, 1, 3)).toBeUndefined();
  expect(seen.map((call) => call[0])).toEqual(["onPing", "onImmediateAck"]);
});

test("an unknown type, a cut frame and a handler's Drop end the walk with their reason", () => {
  const { handler, seen } = recordingHandler();
  expect(readFrames(Uint8Array.of(FRAME.ping, 11), handler)).toBe(drop("unknown_frame"));
  expect(readFrames(Uint8Array.of(FRAME.ping, 200), handler)).toBe(drop("unknown_frame"));
  expect(readFrames(Uint8Array.of(FRAME.cancel, 0), handler)).toBe(drop("bad_frame"));
  expect(seen.length).toBe(2); // the two PINGs in front
  const refusing: FrameHandler = { ...handler, onPing: (): Drop => drop("limit") };
  expect(readFrames(Uint8Array.of(FRAME.ping, FRAME.ping), refusing)).toBe(drop("limit"));
});

test("an empty packet has no frames", () => {
  const { handler, seen } = recordingHandler();
  expect(readFrames(new Uint8Array(), handler)).toBeUndefined();
  expect(seen).toEqual([]);
});
