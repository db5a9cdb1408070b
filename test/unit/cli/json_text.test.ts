import { jsonOf } from "../../../src/cli/json_text.ts";
import { expect, test } from "../../support/harness.ts";

test("a text that is no JSON is undefined, and no exception", () => {
  expect([jsonOf('{"a":[1]}'), jsonOf("null")]).toEqual([{ a: [1] }, null]);
  for (const text of ["", "{", "undefined", "'a'", "1 2"]) expect(jsonOf(text)).toBeUndefined();
});
