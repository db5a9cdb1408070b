import { drop, DROP_REASONS, isDrop } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("drop() allocates nothing and isDrop() knows only its values", () => {
  for (const reason of DROP_REASONS) {
    expect(drop(reason)).toBe(drop(reason));
    expect(isDrop(drop(reason))).toBe(true);
  }
  for (const other of [undefined, null, 1, {}, { drop: "too_small" }, new Uint8Array()]) {
    expect(isDrop(other)).toBe(false);
  }
});
