import { lineOf, sumOf, tallyFiles, tallyOf } from "../../support/tally.ts";
import { expect, test } from "../../support/harness.ts";

const BUN = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" assertions="1" failures="1" skipped="1" time="0.003">
  <testsuite name="a.test.ts" file="a.test.ts" tests="4" failures="1" skipped="1" hostname="vm">
    <testcase name="a &lt;b&gt; &amp; c > d" classname="" time="0.000118" assertions="1">
      <failure type="AssertionError" message="&lt;testcase/&gt;">at a.test.ts</failure>
    </testcase>
    <testcase name="s" classname="" time="0" assertions="0">
      <skipped />
    </testcase>
    <testsuite name="grp" tests="2" failures="0" skipped="0" time="0">
      <testcase name="in" classname="grp" time="0.000005" assertions="0" />
      <testcase name="in too" classname="grp" time="0.000005" assertions="0" />
    </testsuite>
  </testsuite>
</testsuites>
`;

const DENO = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="2" failures="1" errors="0" time="0.009">
    <testsuite name="./d_test.ts" tests="2" disabled="0" errors="0" failures="1">
        <testcase name="ok" classname="./d_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="bad" classname="./d_test.ts" time="0.001" line="2" col="6">
            <error message="Uncaught">Error</error>
        </testcase>
    </testsuite>
</testsuites>
`;

test("cases are counted, not believed", () => {
  expect(tallyOf(BUN)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  expect(tallyOf(DENO)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(lineOf(sumOf([tallyOf(BUN), tallyOf(DENO)]))).toBe("3 passed, 2 failed");
  expect(() =>
    tallyOf(DENO.replace('tests="2" failures="1" errors', 'tests="3" failures="1" errors'))
  )
    .toThrow("its head says 3 tests, it holds 2");
});

test("half a report is none", () => {
  for (const xml of ["", "<testsuites", BUN.slice(0, -20)]) {
    expect(() => tallyOf(xml)).toThrow("not a whole JUnit report");
  }
  expect(tallyOf('<testsuites name="x" tests="0" />')).toEqual({
    passed: 0,
    failed: 0,
    skipped: 0,
  });
});

test("a report that is missing or damaged is a failure, and says why", () => {
  const files: Record<string, string> = { "bun.xml": BUN, "deno.xml": DENO.slice(0, 90) };
  const read = (path: string): string => {
    const xml = files[path];
    if (xml === undefined) throw new Error("no such file");
    return xml;
  };
  const { tally, complaints } = tallyFiles(["bun.xml", "deno.xml", "gone.xml"], read);
  expect(tally).toEqual({ passed: 2, failed: 3, skipped: 1 });
  expect(complaints).toEqual([
    "deno.xml: it is not a whole JUnit report",
    "gone.xml: no such file",
  ]);
});
