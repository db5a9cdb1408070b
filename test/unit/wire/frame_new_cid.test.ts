import { CONNECTION_ID_MIN, decodeNewCid, encodeNewCid } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("NEW_CID is read back; ids of the handshake are refused", () => {
  for (const connectionId of [CONNECTION_ID_MIN, 0xffff_ffff]) {
    const frame = { sequence: 3, connectionId };
    expectCodec(written((out, at) => encodeNewCid(frame, out, at)), decodeNewCid, frame);
  }
  const reserved = written((out, at) => encodeNewCid({ sequence: 0, connectionId: 15 }, out, at));
  expect(decodeNewCid(reserved, 0, reserved.length)).toBeUndefined();
});
