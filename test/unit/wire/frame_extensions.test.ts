import { decodeExtensions, encodeExtensions, extensionsBytes } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

test("EXTENSIONS is read back, empty or full", () => {
  for (const count of [0, 1, 255]) {
    const extensions = Array.from({ length: count }, (_, i) => ({ id: i * 257, version: i }));
    const bytes = written((out, at) => encodeExtensions(extensions, out, at));
    expect(bytes.length).toBe(extensionsBytes(count));
    expectCodec(bytes, decodeExtensions, extensions);
  }
  const many = new Array(256).fill({ id: 1, version: 1 });
  expect(() => encodeExtensions(many, new Uint8Array(2_000), 0)).toThrow(RangeError);
});
