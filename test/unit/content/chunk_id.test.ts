import { chunkIdOf, locatorOf, strongIdOf } from "../../../src/content/mod.ts";
import { toHex, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("ids are SHA-1 and SHA-256 of the bytes (FIPS 180-4 examples)", () => {
  const abc = utf8("abc");
  expect(toHex(chunkIdOf(abc))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  expect(toHex(strongIdOf(abc)))
    .toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(toHex(locatorOf(strongIdOf(abc)))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a3");
});
