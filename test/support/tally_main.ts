/** bun test/support/tally_main.ts REPORT…: prints the line, exits 1 unless something ran and
 * nothing failed. With FAILED=1 in the environment a runner has failed: if no report says so, the
 * failure happened outside every test (a file that does not load, a crash) and counts as one. */
import { readFileSync } from "node:fs";
import { lineOf, tallyFiles } from "./tally.ts";

const { tally, complaints } = tallyFiles(
  process.argv.slice(2),
  (path) => readFileSync(path, "utf8"),
);
for (const complaint of complaints) console.log(complaint);
if (tally.skipped > 0) console.log(`skipped: ${tally.skipped}`);
const hasFailed = process.env["FAILED"] === "1" && tally.failed === 0;
const total = hasFailed ? { ...tally, failed: 1 } : tally;
console.log(lineOf(total));
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
