import { DASHBOARD_JS } from "../../../src/admin/dashboard_js.ts";
import { expect, test } from "../../support/harness.ts";

test("the page's script is small, stands alone, and is ASCII as its length is counted", () => {
  expect(DASHBOARD_JS.length).toBeLessThan(8192);
  expect(DASHBOARD_JS).not.toMatch(/\bimport\b|\beval\b|Function\(/);
  expect(DASHBOARD_JS).toMatch(/^[\n\x20-\x7e]*$/);
});
