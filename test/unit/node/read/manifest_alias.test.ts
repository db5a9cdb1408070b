import { buildInlineFile, locatorOf } from "../../../../src/content/mod.ts";
import { utf8 } from "../../../../src/lib/mod.ts";
import { manifestAlias } from "../../../../src/node/read/manifest_alias.ts";
import { expect, test } from "../../../support/harness.ts";

test("a manifest has the start of its SHA-256 as a second name, other bytes have none", () => {
  const { bytes, strongId } = buildInlineFile(utf8("text"), { name: "", mime: "" });
  expect(manifestAlias(bytes)).toEqual(locatorOf(strongId));
  expect(manifestAlias(bytes.subarray(1))).toBeUndefined();
  expect(manifestAlias(utf8("text"))).toBeUndefined();
});
