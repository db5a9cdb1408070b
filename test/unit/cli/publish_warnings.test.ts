import { warningText } from "../../../src/cli/publish_warnings.ts";
import { expect, test } from "../../support/harness.ts";

const warning = { path: "_redirects", line: 2, found: '"\u202ea" is no path', advice: "try b" };

test("a line for each, and how many are left; nothing that a terminal obeys", () => {
  const { line: _, ...whole } = warning;
  const text = warningText({ path: "site/", warnings: [warning, whole], moreWarnings: 3 });
  expect(text.split("\n").slice(1)).toEqual([
    '  _redirects line 2: "�a" is no path; try b',
    '  _redirects: "�a" is no path; try b',
    "  and 3 more",
    "",
  ]);
  expect(text).toMatch(/^skerry: site is published, but /);
});

test("nothing where there is nothing", () => {
  expect(warningText({ path: "site" })).toBe("");
});
