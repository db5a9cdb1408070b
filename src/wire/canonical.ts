import { fromUtf8, utf8, viewOf } from "../lib/mod.ts";
import { type Drop, drop } from "./drop.ts";

/** What a canonical object is made of (protocol.md §9b): unsigned integers up to 2^64 - 1, bin,
 * str, array. Integers above 2^53 - 1 are bigint, all others number, so each has one spelling. */
export type CanonicalValue =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CanonicalValue[];

/** Checked before anything is allocated for what a stranger's bytes announce. */
export interface CanonicalLimits {
  readonly bytesMax: number;
  /** Arrays within arrays; 1 = one flat array. */
  readonly depthMax: number;
  /** Values in all, arrays counted as one each: what the decoded form may cost. */
  readonly valuesMax: number;
}

// MessagePack format bytes (github.com/msgpack/msgpack/blob/master/spec.md).
const FIXINT_MAX = 0x7f;
const FIXARRAY = 0x90;
const FIXSTR = 0xa0;
const BIN = [0xc4, 0xc5, 0xc6] as const; // 8, 16, 32 bits of length
const UINT8 = 0xcc, UINT16 = 0xcd, UINT32 = 0xce, UINT64 = 0xcf;
const STR = [0xd9, 0xda, 0xdb] as const;
const ARRAY = [undefined, 0xdc, 0xdd] as const;
const U64_MAX = 2n ** 64n - 1n;

/** Deeper than any object of this protocol; keeps a cyclic value of ours from ending the stack. */
const WRITE_DEPTH_MAX = 16;

/** The one spelling of `value`.
 * @throws {RangeError} for what the subset cannot hold: a negative, fractional or too large number,
 * a bigint that a number could hold, text with a lone surrogate, more than 16 levels. */
export function encodeCanonical(value: CanonicalValue): Uint8Array {
  const writer = new CanonicalWriter();
  writer.value(value, 0);
  return writer.finish();
}

/** Reads one canonical object that fills `bytes` whole. Byte strings in the result are views into
 * `bytes`: keep a copy if those are borrowed.
 * @returns a Drop (`too_large`, `not_canonical`) for anything else. Never throws. */
export function decodeCanonical(
  bytes: Uint8Array,
  limits: CanonicalLimits,
): CanonicalValue | Drop {
  if (bytes.length > limits.bytesMax) return drop("too_large");
  const reader = new CanonicalReader(bytes, limits);
  const value = reader.value(0);
  return value === undefined || !reader.isAtEnd ? drop("not_canonical") : value;
}

class CanonicalWriter {
  #bytes = new Uint8Array(256);
  #view = viewOf(this.#bytes);
  #at = 0;

  value(value: CanonicalValue, depth: number): void {
    if (typeof value === "number") this.#number(value);
    else if (typeof value === "bigint") this.#bigint(value);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else this.#array(value, depth);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`canonical integers are 0 … 2^53 - 1 or bigint, not ${value}`);
    }
    if (value <= FIXINT_MAX) this.#head(value, 0, 0);
    else if (value < 2 ** 8) this.#head(UINT8, value, 1);
    else if (value < 2 ** 16) this.#head(UINT16, value, 2);
    else if (value < 2 ** 32) this.#head(UINT32, value, 4);
    else this.#uint64(BigInt(value));
  }

  #bigint(value: bigint): void {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER) || value > U64_MAX) {
      throw new RangeError(`canonical bigints are 2^53 … 2^64 - 1, not ${value}`);
    }
    this.#uint64(value);
  }

  #uint64(value: bigint): void {
    this.#reserve(9);
    this.#view.setUint8(this.#at, UINT64);
    this.#view.setBigUint64(this.#at + 1, value);
    this.#at += 9;
  }

  #text(value: string): void {
    if (!value.isWellFormed()) throw new RangeError("canonical text has a lone surrogate");
    const bytes = utf8(value);
    if (bytes.length < 32) this.#head(FIXSTR | bytes.length, 0, 0);
    else this.#length(STR, bytes.length);
    this.#append(bytes);
  }

  #binary(value: Uint8Array): void {
    this.#length(BIN, value.length);
    this.#append(value);
  }

  #array(values: readonly CanonicalValue[], depth: number): void {
    if (depth >= WRITE_DEPTH_MAX) {
      throw new RangeError(`canonical arrays nest at most ${WRITE_DEPTH_MAX} deep`);
    }
    if (values.length < 16) this.#head(FIXARRAY | values.length, 0, 0);
    else this.#length(ARRAY, values.length);
    for (const value of values) this.value(value, depth + 1);
  }

  #length(formats: typeof BIN | typeof STR | typeof ARRAY, length: number): void {
    if (length < 2 ** 8 && formats[0] !== undefined) this.#head(formats[0], length, 1);
    else if (length < 2 ** 16) this.#head(formats[1], length, 2);
    else this.#head(formats[2], length, 4);
  }

  #head(format: number, operand: number, width: 0 | 1 | 2 | 4): void {
    this.#reserve(1 + width);
    this.#view.setUint8(this.#at, format);
    if (width === 1) this.#view.setUint8(this.#at + 1, operand);
    else if (width === 2) this.#view.setUint16(this.#at + 1, operand);
    else if (width === 4) this.#view.setUint32(this.#at + 1, operand);
    this.#at += 1 + width;
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

/** Each method returns undefined where the bytes break a rule. */
class CanonicalReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #depthMax: number;
  #valuesLeft: number;
  #at = 0;

  constructor(bytes: Uint8Array, limits: CanonicalLimits) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#depthMax = limits.depthMax;
    this.#valuesLeft = limits.valuesMax;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): CanonicalValue | undefined {
    if (this.#valuesLeft === 0) return undefined;
    this.#valuesLeft--;
    const format = this.#bytes[this.#at];
    if (format === undefined) return undefined;
    this.#at++;
    if (format <= FIXINT_MAX) return format;
    if (format < FIXARRAY) return undefined; // fixmap
    if (format < FIXSTR) return this.#array(format & 0x0f, depth);
    if (format < 0xc0) return this.#text(format & 0x1f);
    return this.#long(format, depth);
  }

  #long(format: number, depth: number): CanonicalValue | undefined {
    switch (format) {
      case UINT8:
        return this.#unsigned(1, FIXINT_MAX + 1);
      case UINT16:
        return this.#unsigned(2, 2 ** 8);
      case UINT32:
        return this.#unsigned(4, 2 ** 16);
      case UINT64:
        return this.#uint64();
      case BIN[0]:
        return this.#take(this.#unsigned(1, 0));
      case BIN[1]:
        return this.#take(this.#unsigned(2, 2 ** 8));
      case BIN[2]:
        return this.#take(this.#unsigned(4, 2 ** 16));
      case STR[0]:
        return this.#text(this.#unsigned(1, 32));
      case STR[1]:
        return this.#text(this.#unsigned(2, 2 ** 8));
      case STR[2]:
        return this.#text(this.#unsigned(4, 2 ** 16));
      case ARRAY[1]:
        return this.#array(this.#unsigned(2, 16), depth);
      case ARRAY[2]:
        return this.#array(this.#unsigned(4, 2 ** 16), depth);
      default:
        return undefined; // nil, bool, float, negative, ext, map
    }
  }

  /** @param least the smallest value that has no shorter form. */
  #unsigned(width: 1 | 2 | 4, least: number): number | undefined {
    if (this.#bytes.length - this.#at < width) return undefined;
    const value = width === 1
      ? this.#view.getUint8(this.#at)
      : width === 2
      ? this.#view.getUint16(this.#at)
      : this.#view.getUint32(this.#at);
    this.#at += width;
    return value < least ? undefined : value;
  }

  #uint64(): number | bigint | undefined {
    if (this.#bytes.length - this.#at < 8) return undefined;
    const value = this.#view.getBigUint64(this.#at);
    this.#at += 8;
    if (value < 2n ** 32n) return undefined;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  #take(length: number | undefined): Uint8Array | undefined {
    if (length === undefined || length > this.#bytes.length - this.#at) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #text(length: number | undefined): string | undefined {
    const bytes = this.#take(length);
    return bytes === undefined ? undefined : fromUtf8(bytes);
  }

  #array(length: number | undefined, depth: number): CanonicalValue[] | undefined {
    if (length === undefined || depth >= this.#depthMax) return undefined;
    // Each value takes a byte at least, so a huge count in a small object stops here.
    if (length > this.#bytes.length - this.#at || length > this.#valuesLeft) return undefined;
    const values: CanonicalValue[] = [];
    for (let i = 0; i < length; i++) {
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
}
