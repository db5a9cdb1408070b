import { encodePad, skipPad } from "../../../src/wire/mod.ts";
import { written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("PAD is zero bytes, skipped up to the next frame or the end", () => {
  expect([...written((out, at) => encodePad(4, out, at))]).toEqual([0, 0, 0, 0]);
  const bytes = Uint8Array.of(0, 0, 1, 0);
  expect(skipPad(bytes, 0, 4)).toBe(2);
  expect(skipPad(bytes, 2, 4)).toBe(2);
  expect(skipPad(bytes, 3, 4)).toBe(4);
});
