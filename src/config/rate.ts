import { parseSize } from "./size.ts";

const BITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** Bytes per second of a rate as people write it: `20mbit`, `1.5 Gbit/s`, `800kbit` (powers of
 * 1,000, as lines are sold), or a size as parseSize() reads it, per second: `2.5MB/s`. Letter case
 * does not matter. Undefined if it is none: a bare `20m` or `20` may mean bits or bytes. */
export function parseRate(text: string): number | undefined {
  const match = /^([0-9]{1,16}(?:\.[0-9]{1,9})?) ?([kmg]?)bit(?:\/s)?$/i.exec(text.trim());
  if (match !== null) {
    const factor = BITS[(match[2] ?? "").toLowerCase()] ?? 1;
    return wholeOrNone(Number(match[1]) * factor / 8);
  }
  const size = /^(.*b)\/s$/i.exec(text.trim())?.[1];
  return size === undefined ? undefined : parseSize(size);
}

/** The shortest text in bits that parseRate() reads back as `bytesPerSecond`. */
export function exactRate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8;
  if (!Number.isSafeInteger(bits)) return `${bytesPerSecond}B/s`;
  if (bits > 0 && bits % 1e6 === 0) return `${bits / 1e6}mbit`;
  return bits > 0 && bits % 1e3 === 0 ? `${bits / 1e3}kbit` : `${bits}bit`;
}

const wholeOrNone = (bytes: number): number | undefined =>
  Number.isSafeInteger(Math.floor(bytes)) ? Math.floor(bytes) : undefined;
