import { InvalidArgumentError } from "commander";
import { parseSize } from "../config/mod.ts";
import { parseDuration } from "./duration.ts";

/** Readers of what stands behind a flag. @throws {InvalidArgumentError} with the rule, as the
 * parser of the command line takes it. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

export function seqNumber(text: string): bigint {
  const number = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : 2n ** 64n;
  if (number < 2n ** 64n) return number;
  throw new InvalidArgumentError("It must be a whole number below 2^64.");
}

/** Credit bytes: a number, or one with a unit of size, as 64MiB. */
export function creditBytes(text: string): bigint {
  const cb = parseSize(text);
  if (cb !== undefined && cb > 0) return BigInt(cb);
  throw new InvalidArgumentError("It must be credit bytes above 0, as 5000000 or 64MiB.");
}

/** A time in ms, as 20s. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError("It must be a time of up to 30 days, as 500ms, 20s, 5min or 2h.");
}
