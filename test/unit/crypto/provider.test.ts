import { noblePrimitives, sha1, usePrimitives } from "../../../src/crypto/mod.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { afterAll, expect, test } from "../../support/harness.ts";
import { toHex, utf8 } from "../../../src/lib/mod.ts";

afterAll(() => usePrimitives(nativePrimitives));

test("whichever implementation is in use, SHA-1 of abc is FIPS 180's", () => {
  for (const primitives of [noblePrimitives, nativePrimitives]) {
    usePrimitives(primitives);
    expect(toHex(sha1(utf8("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  }
});
