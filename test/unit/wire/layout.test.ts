import { layout } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("layout() adds widths up in the order of the list", () => {
  const header = layout({ kind: "u8", id: "u32", number: "u48", key: "key32" });
  expect(header.at).toEqual({ kind: 0, id: 1, number: 5, key: 11 });
  expect(header.bytes).toBe(43);
});
