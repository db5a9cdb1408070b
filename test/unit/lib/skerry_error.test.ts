import { SkerryError, toSkerryError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("toSkerryError() keeps a SkerryError and wraps anything else with its cause", () => {
  const known = new SkerryError("NO_PEERS", "nobody to ask");
  expect(toSkerryError(known, "DISK_FAILED", "x")).toBe(known);
  const cause = new Error("EIO");
  const wrapped = toSkerryError(cause, "DISK_FAILED", "Cannot read slot 3");
  expect(wrapped.code).toBe("DISK_FAILED");
  expect(wrapped.message).toBe("Cannot read slot 3: EIO");
  expect(wrapped.cause).toBe(cause);
});
