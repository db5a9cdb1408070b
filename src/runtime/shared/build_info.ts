import process from "node:process";
import manifest from "../../../package.json" with { type: "json" };

/** Replaced by the Makefile when an executable is built; absent when run from source. */
declare const SKERRY_COMMIT: string | undefined;

/** What this program is and what it runs on, for `skerry version` and the logs. */
export interface BuildInfo {
  readonly version: string;
  /** The commit it was built from, 12 hex digits; "unknown" when run from source. */
  readonly commit: string;
  /** Name and version, as `bun 1.4.5`. */
  readonly runtime: string;
  /** Operating system and processor, as `linux-x64`. */
  readonly target: string;
}

export function buildInfo(): BuildInfo {
  const { bun, deno } = process.versions;
  return {
    version: manifest.version,
    commit: typeof SKERRY_COMMIT === "undefined" ? "unknown" : SKERRY_COMMIT,
    runtime: bun === undefined ? `deno ${deno ?? "unknown"}` : `bun ${bun}`,
    target: `${process.platform}-${process.arch}`,
  };
}
