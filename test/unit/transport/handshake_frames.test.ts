import { concatBytes } from "../../../src/lib/mod.ts";
import {
  EARLY_MESSAGES_MAX,
  handshakeFrames,
  handshakeMessageBytes,
  readHandshakeFrames,
} from "../../../src/transport/handshake_frames.ts";
import { encodeExtensions, encodeMsg, encodePing } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const PAD = new Uint8Array(20);

function frame(write: (out: Uint8Array, at: number) => number): Uint8Array {
  const out = new Uint8Array(100);
  return out.slice(0, write(out, 0));
}

test("what is written is read, with PAD behind it", () => {
  const messages = [{ id: 7, bytes: Uint8Array.of(1, 2, 3) }, { id: 65_535, bytes: PAD }];
  for (const continues of [true, false]) {
    for (const some of [[], messages]) {
      const frames = handshakeFrames(continues, some);
      const headBytes = handshakeFrames(continues).length;
      const bytes = some.reduce((sum, message) => sum + handshakeMessageBytes(message), headBytes);
      expect(frames.length).toBe(bytes);
      const read = readHandshakeFrames(concatBytes(frames, PAD));
      expect(read).toEqual({ continues, messages: some });
    }
  }
});

test("more messages than an INIT may carry are left out", () => {
  const messages = Array.from({ length: 12 }, (_, id) => ({ id, bytes: Uint8Array.of(id) }));
  expect(readHandshakeFrames(handshakeFrames(false, messages))).toEqual({
    continues: false,
    messages: messages.slice(0, EARLY_MESSAGES_MAX),
  });
});

test("whole messages and unknown extensions pass; halves and all other frames do not", () => {
  const message = new Uint8Array(30);
  const whole = frame((out, at) => encodeMsg(1, message, 0, 30, out, at));
  const half = frame((out, at) => encodeMsg(1, message, 0, 20, out, at));
  const unknown = frame((out, at) => encodeExtensions([{ id: 999, version: 1 }], out, at));
  expect(readHandshakeFrames(concatBytes(whole, unknown, PAD))).toEqual({
    continues: false,
    messages: [{ id: 1, bytes: message }],
  });
  expect(readHandshakeFrames(half)).toEqual({ drop: "unexpected" });
  expect(readHandshakeFrames(frame(encodePing))).toEqual({ drop: "unexpected" });
  expect(readHandshakeFrames(Uint8Array.of(99))).toEqual({ drop: "unknown_frame" });
  for (const type of [2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18]) {
    const read = readHandshakeFrames(concatBytes(Uint8Array.of(type), new Uint8Array(60)));
    expect([type, "drop" in read]).toEqual([type, true]);
  }
});
