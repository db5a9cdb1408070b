import { decodeAckFreq, encodeAckFreq } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { test } from "../../support/harness.ts";

test("ACK_FREQ is read back", () => {
  const frame = { threshold: 2, maxDelayMs: 25, reorder: 3 };
  expectCodec(written((out, at) => encodeAckFreq(frame, out, at)), decodeAckFreq, frame);
});
