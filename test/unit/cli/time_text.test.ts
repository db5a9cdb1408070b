import { timeText } from "../../../src/cli/time_text.ts";
import { expect, test } from "../../support/harness.ts";

test("a moment is told to the second it is in, in UTC", () => {
  expect(timeText(0)).toBe("1970-01-01T00:00:00Z");
  expect(timeText(1_800_000_000_999)).toBe("2027-01-15T08:00:00Z");
});
