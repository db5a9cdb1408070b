import { parseDenyStatus } from "./deny_rule.ts";
import type { DenyStatus } from "./deny_text.ts";

/** Lines of a header; IPIP-383 allows 1 MiB, of which these fields need a handful. */
export const DENY_HEADER_LINES_MAX = 256;

export interface DenyHeader {
  /** For rules that say nothing themselves. */
  readonly status: DenyStatus;
}

export const NO_HEADER: DenyHeader = { status: 410 };

/** Reads the lines before `---`: `version`, and `gateway_status` among the `hints`. Of YAML only
 * fields on lines of their own, and fields indented below `hints:`; others are passed over.
 * @returns the header, or the end of a sentence that begins with the header: what is wrong. */
export function parseDenyHeader(lines: readonly string[]): DenyHeader | string {
  let status: DenyStatus = NO_HEADER.status;
  let section = "";
  for (const line of lines) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, indent = "", field, value = ""] = /^(\s*)([\w-]+):(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    if (field === undefined) {
      if (section === "hints" || !/^\s/.test(line)) return `has ${JSON.stringify(line)} in it`;
      continue; // the rest of some longer value
    }
    if (indent === "") section = field;
    if (indent === "" && field === "version" && unquoted(value) !== "1") {
      return `names version ${value}, and this program reads version 1`;
    }
    if (indent === "" || section !== "hints" || field !== "gateway_status") continue;
    const told = parseDenyStatus(unquoted(value));
    if (typeof told === "string") return told;
    status = told;
  }
  return { status };
}

function unquoted(value: string): string {
  return value.replace(/\s+#.*$/, "").replace(/^(["'])(.*)\1$/, "$2");
}
