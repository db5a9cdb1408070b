import { chunkRows } from "./rows_chunk.ts";
import { fileRows } from "./rows_file.ts";
import { formatRows } from "./rows_format.ts";
import { ruleRows } from "./rows_rules.ts";
import type { Target } from "./target.ts";

/** The rows that need a URL and nothing else, whatever version of HTTP it is asked by. */
export function rowsAnywhere(target: () => Target): void {
  chunkRows(target);
  fileRows(target);
  formatRows(target);
  ruleRows(target);
}
