/** A value of a canonical object (protocol.md §9b), as far as a verifier needs to look. */
export type Value = number | string | Uint8Array | readonly Value[];

/** Lists within lists; a manifest has three. */
const DEPTH_MAX = 4;

/** Reads one canonical object. Its bytes are hashed before, so what it says is the publisher's
 * word; this only has to end and to stay within the bytes.
 * @throws {RangeError} if it is none. */
export function readCanonical(bytes: Uint8Array): Value {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new RangeError("bytes behind the object");
  return value;
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): Value {
    if (depth > DEPTH_MAX) throw new RangeError("too deep");
    const type = this.#number(1);
    if (type <= 0x7f) return type;
    if (type >= 0x90 && type <= 0x9f) return this.#list(type & 15, depth);
    if (type >= 0xa0 && type <= 0xbf) return this.#text(type & 31);
    if (type >= 0xc4 && type <= 0xc6) return this.#take(this.#number(1 << (type - 0xc4)));
    if (type >= 0xcc && type <= 0xcf) return this.#number(1 << (type - 0xcc));
    if (type >= 0xd9 && type <= 0xdb) return this.#text(this.#number(1 << (type - 0xd9)));
    if (type === 0xdc || type === 0xdd) return this.#list(this.#number(2 << (type - 0xdc)), depth);
    throw new RangeError(`type ${type}`);
  }

  #number(width: number): number {
    const from = this.at;
    this.at += width;
    if (width === 1) return this.#view.getUint8(from);
    if (width === 2) return this.#view.getUint16(from);
    if (width === 4) return this.#view.getUint32(from);
    return Number(this.#view.getBigUint64(from));
  }

  #take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError("cut short");
    return this.#bytes.subarray(this.at, this.at = end);
  }

  #text(length: number): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.#take(length));
  }

  #list(count: number, depth: number): Value[] {
    const values: Value[] = []; // grows as it is read: a count is only a claim
    while (values.length < count) values.push(this.value(depth + 1));
    return values;
  }
}
