import { EXIT, exitCodeOf } from "../../../src/cli/exit_codes.ts";
import { SKERRY_ERROR_CODES, SkerryError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the codes are those of the contract", () => {
  expect(Object.values(EXIT)).toEqual([0, 1, 2, 3, 4, 5, 6, 130]);
});

test("no failure exits with 0, and strangers' errors exit with 1", () => {
  for (const code of SKERRY_ERROR_CODES) {
    expect(exitCodeOf(new SkerryError(code, ""))).toBeGreaterThan(0);
  }
  expect(exitCodeOf(new SkerryError("CHUNK_NOT_FOUND", ""))).toBe(3);
  expect(exitCodeOf(new SkerryError("FETCH_TIMED_OUT", ""))).toBe(6);
  expect(exitCodeOf(new SkerryError("INVALID_CONFIG", ""))).toBe(2);
  expect(exitCodeOf(new Error("a bug"))).toBe(1);
  expect(exitCodeOf(undefined)).toBe(1);
});
