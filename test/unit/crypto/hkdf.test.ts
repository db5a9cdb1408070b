import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { hkdf2, hkdf3 } from "../../../src/crypto/mod.ts";
import { concatBytes, toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("hkdf2() without salt and info is RFC 5869's test case 3", () => {
  const okm = concatBytes(...hkdf2(new Uint8Array(), new Uint8Array(22).fill(0x0b)));
  expect(toHex(okm.subarray(0, 42))).toBe(
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
});

test("law: the outputs are RFC 5869's OKM with empty info, cut every 32 bytes", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(fc.property(bytes, bytes, (key, ikm) => {
    const okm = toHex(hkdf(sha256, ikm, key, new Uint8Array(), 96));
    expect(toHex(concatBytes(...hkdf3(key, ikm)))).toBe(okm);
    expect(toHex(concatBytes(...hkdf2(key, ikm)))).toBe(okm.slice(0, 128));
  }));
});
