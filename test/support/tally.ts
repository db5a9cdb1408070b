/** Adds up the runners' own JUnit reports to the one line that .ci/run ends with. */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the test cases of one report. A case that both ran and was marked failed or in error is
 * failed; one with `<skipped` is neither passed nor failed.
 * @throws {Error} if `xml` is no whole JUnit report (a runner that died half-way, say), or its
 * cases are fewer or more than its own head says. */
export function tallyOf(xml: string): Tally {
  const head = /<testsuites\b[^>]*>/.exec(xml)?.[0];
  if (head === undefined || !/<\/testsuites>\s*$|<testsuites\b[^>]*\/>\s*$/.test(xml)) {
    throw new Error("it is not a whole JUnit report");
  }
  const claimed = Number(/\btests="(\d+)"/.exec(head)?.[1]);
  let passed = 0, failed = 0, skipped = 0;
  // Text inside elements is escaped in XML, so a "<testcase" is always a tag.
  for (const [, attributes = "", body = ""] of xml.matchAll(CASE)) {
    if (!/\bname="/.test(attributes)) throw new Error("a test case has no name");
    if (/<(failure|error)\b/.test(body)) failed++;
    else if (/<skipped\b/.test(body)) skipped++;
    else passed++;
  }
  const found = passed + failed + skipped;
  if (found !== claimed) throw new Error(`its head says ${claimed} tests, it holds ${found}`);
  return { passed, failed, skipped };
}

const CASE = /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const tally of tallies) {
    sum.passed += tally.passed;
    sum.failed += tally.failed;
    sum.skipped += tally.skipped;
  }
  return sum;
}

/** `N passed, N failed`. */
export function lineOf(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed`;
}

/** Reads the reports at `paths`; one that is missing or damaged counts as one failure. */
export function tallyFiles(
  paths: readonly string[],
  read: (path: string) => string,
): { readonly tally: Tally; readonly complaints: readonly string[] } {
  const complaints: string[] = [];
  const tallies = paths.map((path) => {
    try {
      return tallyOf(read(path));
    } catch (error) {
      complaints.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  });
  return { tally: sumOf(tallies), complaints };
}
