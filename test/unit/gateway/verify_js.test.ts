import { VERIFY_JS } from "../../../src/gateway/verify_js.ts";
import { expect, test } from "../../support/harness.ts";

test("the verifier is small, in plain ASCII, and brings nothing else in", () => {
  expect(VERIFY_JS.length).toBeLessThan(12 * 1024);
  expect(VERIFY_JS).toMatch(/^[\x20-\x7e\n]*$/);
  expect(VERIFY_JS).not.toMatch(/\bimport\b|\brequire\(|https?:/);
  expect(VERIFY_JS).toContain("fetchVerified");
});
