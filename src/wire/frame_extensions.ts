import { FRAME } from "./frame_type.ts";
import { readU16, writeU16 } from "./integers.ts";
import { layout } from "./layout.ts";

/** EXTENSIONS: what the sender speaks beyond sk/1; `count` entries follow the head. Ids unknown to
 * the receiver are ignored. */
export const EXTENSIONS_FRAME = layout({ type: "u8", count: "u8" });
const ENTRY = layout({ id: "u16", version: "u8" });

export interface Extension {
  readonly id: number;
  readonly version: number;
}

/** @param extensions ≤ 255. @returns the offset behind it. */
export function encodeExtensions(
  extensions: readonly Extension[],
  out: Uint8Array,
  at: number,
): number {
  if (extensions.length > 0xff) throw new RangeError(`${extensions.length} extensions > 255`);
  out[at] = FRAME.extensions;
  out[at + EXTENSIONS_FRAME.at.count] = extensions.length;
  let next = at + EXTENSIONS_FRAME.bytes;
  for (const extension of extensions) {
    writeU16(extension.id, out, next + ENTRY.at.id);
    out[next + ENTRY.at.version] = extension.version;
    next += ENTRY.bytes;
  }
  return next;
}

/** Bytes of an EXTENSIONS with `count` entries. */
export function extensionsBytes(count: number): number {
  return EXTENSIONS_FRAME.bytes + count * ENTRY.bytes;
}

/** The entries of the EXTENSIONS at `at`; undefined if it passes `end`. */
export function decodeExtensions(
  bytes: Uint8Array,
  at: number,
  end: number,
): Extension[] | undefined {
  if (at + EXTENSIONS_FRAME.bytes > end) return undefined;
  const count = bytes[at + EXTENSIONS_FRAME.at.count] ?? 0;
  if (at + extensionsBytes(count) > end) return undefined;
  return Array.from({ length: count }, (_, i) => {
    const entryAt = at + extensionsBytes(i);
    return {
      id: readU16(bytes, entryAt + ENTRY.at.id),
      version: bytes[entryAt + ENTRY.at.version] ?? 0,
    };
  });
}
