import { after, earliest, type Instant } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("earliest() ignores deadlines that are not set", () => {
  const noon = 720 as Instant;
  expect(earliest()).toBeUndefined();
  expect(earliest(undefined, after(noon, 5), noon, undefined)).toBe(noon);
});
