/** make check: prints every broken rule and exits 1 if there is one. With REPORT=1 also what is
 * long, which breaks none. */
import { report } from "./report.ts";
import { readTree, tidy } from "./tidy.ts";

const tree = readTree(new URL("../..", import.meta.url).pathname);
const seen = report(tree);
const summary = seen.pop() ?? "";
if (process.env["REPORT"] === "1") { for (const line of seen) console.log(line); }
else if (seen.length > 0) {
  console.log(`tidy: ${seen.length} files or functions are long (make long)`);
}
console.log(`tidy: ${summary}`);
const complaints = tidy(tree);
for (const complaint of complaints) console.error(complaint);
console.log(`tidy: ${complaints.length} complaint(s)`);
if (complaints.length > 0) process.exit(1);
