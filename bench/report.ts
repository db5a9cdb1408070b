/** What every benchmark prints: one JSON object per line and figure, on stdout and nothing else
 * there. `value` is the median of the runs. */
import { execFileSync } from "node:child_process";
import { arch, cpus, platform, release } from "node:os";
import process from "node:process";

export interface Figure {
  /** Dotted, the topic first: `store.write_mb_s`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly runs: number;
  readonly min: number;
  readonly max: number;
  readonly machine: string;
  readonly runtime: string;
  /** Short hash, with `+` behind it when the tree held uncommitted changes. */
  readonly commit: string;
}

/** Prints one figure as a JSON line. @param samples one value per run, at least one. */
export function report(name: string, unit: string, samples: readonly number[]): Figure {
  const figure = figureOf(name, unit, samples);
  console.log(JSON.stringify(figure));
  return figure;
}

/** The figure that `report` prints. @throws {RangeError} if there is no sample. */
export function figureOf(name: string, unit: string, samples: readonly number[]): Figure {
  const sorted = [...samples].sort((a, b) => a - b);
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  if (first === undefined || last === undefined) throw new RangeError(`${name} has no sample`);
  return {
    name,
    value: rounded(quantile(sorted, 0.5)),
    unit,
    runs: sorted.length,
    min: rounded(first),
    max: rounded(last),
    machine,
    runtime,
    commit,
  };
}

/** The value below which the share `q` (0 … 1) of `sorted` lies, between neighbours by line. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** Four significant digits: what lies behind them is noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));

const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}, ` +
  `${platform()} ${release()} ${arch()}`;

const { bun, deno, node } = process.versions;
const runtime = bun !== undefined
  ? `bun ${bun}`
  : deno !== undefined
  ? `deno ${deno}`
  : `node ${node}`;

const commit = commitHash();

function commitHash(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
    const mark = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+";
    return git("rev-parse", "--short=12", "HEAD") + mark;
  } catch {
    return "unknown"; // an unpacked source archive, or no git
  }
}
