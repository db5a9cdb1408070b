import { decodeCancel, encodeCancel } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { test } from "../../support/harness.ts";

test("CANCEL is read back, request 0 too", () => {
  for (const requestId of [0, 258, 65_535]) {
    expectCodec(written((out, at) => encodeCancel(requestId, out, at)), decodeCancel, requestId);
  }
});
