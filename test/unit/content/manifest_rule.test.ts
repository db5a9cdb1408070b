import { describeFault, isManifestFault, manifestFault } from "../../../src/content/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("manifestFault() allocates nothing, isManifestFault() knows only its values", () => {
  expect(manifestFault("version")).toBe(manifestFault("version"));
  expect(isManifestFault(manifestFault("version"))).toBe(true);
  for (const other of [{ fault: "version" }, undefined, null, "version", {}]) {
    expect(isManifestFault(other)).toBe(false);
  }
  expect(`It ${describeFault(manifestFault("too_large"))}`).toBe("It is larger than 1 MiB");
});
