import { closeSync, openSync, writeSync } from "node:fs";
import { concatBytes, fromUtf8, utf8 } from "../../src/lib/mod.ts";
import { writeNoise } from "./fixture_files.ts";

/** A box of an MP4 (ISO/IEC 14496-12 §4.2): its size, its name, its content. */
interface Box {
  readonly name: string;
  readonly content: Uint8Array;
}

const HEADER_BYTES = 8;
/** Boxes on the way to the tables of pictures. */
const AROUND = ["moov", "trak", "mdia", "minf", "stbl"];

/** Writes the film in a small MP4, one track with its index in front, as a long one: the same
 * pictures, `gapBytes` from the start of one to the next, noise between them.
 * @returns where each picture starts. */
export function writeSpreadVideo(path: string, mp4: Uint8Array, gapBytes: number): number[] {
  const sizes = entriesOf(boxNamed("stsz", mp4), 8);
  const [firstAt = 0, ...others] = entriesOf(boxNamed("stco", mp4), 4);
  if (others.length > 0) throw new Error("the pictures do not lie in one piece");
  const index = (offsets: readonly number[]): Uint8Array =>
    concatBytes(
      ...boxesIn(mp4).filter(({ name }) => name !== "mdat").map((box) => {
        return spread(box, offsets);
      }),
    );
  const start = index(sizes).length + HEADER_BYTES;
  const offsets = sizes.map((_, i) => start + i * gapBytes);
  const end = start + sizes.length * gapBytes;

  writeNoise(path, end, 64);
  const file = openSync(path, "r+");
  const head = concatBytes(index(offsets), words(end - start + HEADER_BYTES), utf8("mdat"));
  writeSync(file, head, 0, head.length, 0);
  let from = firstAt;
  sizes.forEach((size, i) => {
    writeSync(file, mp4, from, size, offsets[i] ?? 0);
    from += size;
  });
  closeSync(file);
  return offsets;
}

/** The box with each picture in a chunk of its own (§8.7.4 and 8.7.5), at these offsets. */
function spread({ name, content }: Box, offsets: readonly number[]): Uint8Array {
  if (name === "stsc") return written({ name, content: words(0, 1, 1, 1, 1) });
  if (name === "stco") return written({ name, content: words(0, offsets.length, ...offsets) });
  if (!AROUND.includes(name)) return written({ name, content });
  const within = boxesIn(content).map((box) => spread(box, offsets));
  return written({ name, content: concatBytes(...within) });
}

function written({ name, content }: Box): Uint8Array {
  return concatBytes(words(HEADER_BYTES + content.length), utf8(name), content);
}

function boxesIn(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const end = at + view.getUint32(at);
    const name = fromUtf8(bytes.subarray(at + 4, at + HEADER_BYTES)) ?? "";
    boxes.push({ name, content: bytes.subarray(at + HEADER_BYTES, end) });
    at = end;
  }
  return boxes;
}

function boxNamed(wanted: string, bytes: Uint8Array): Uint8Array {
  for (const { name, content } of boxesIn(bytes)) {
    if (name === wanted) return content;
    if (AROUND.includes(name)) return boxNamed(wanted, content);
  }
  throw new Error(`no box ${wanted}`);
}

/** The numbers of a table whose count stands `countAt` bytes into its content. */
function entriesOf(table: Uint8Array, countAt: number): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const count = view.getUint32(countAt);
  return Array.from({ length: count }, (_, i) => view.getUint32(countAt + 4 + i * 4));
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  values.forEach((value, i) => new DataView(bytes.buffer).setUint32(i * 4, value));
  return bytes;
}
