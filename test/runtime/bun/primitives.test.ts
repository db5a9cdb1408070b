import fc from "fast-check";
import { bunPrimitives } from "../../../src/runtime/bun/primitives.ts";
import { nativePrimitives } from "../../../src/runtime/shared/native_primitives.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("law: Bun's own hashers compute what node:crypto does, empty keys and data included", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(bytes, bytes, (key, data) => {
    for (const name of ["sha1", "sha256", "sha512"] as const) {
      expect(toHex(bunPrimitives[name](data))).toBe(toHex(nativePrimitives[name](data)));
    }
    expect(toHex(bunPrimitives.hmacSha256(key, data))).toBe(
      toHex(nativePrimitives.hmacSha256(key, data)),
    );
  }));
});
