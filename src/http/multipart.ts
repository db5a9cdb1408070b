import { utf8 } from "../lib/mod.ts";
import { type ByteRange, contentRange } from "./range.ts";

/** A multipart/byteranges body (RFC 9110 §14.6), laid out before a byte of it is read, so that its
 * Content-Length is known. */
export interface MultipartLayout {
  /** For the response's Content-Type. */
  readonly contentType: string;
  readonly length: number;
  readonly parts: readonly { readonly head: Uint8Array; readonly range: ByteRange }[];
  readonly tail: Uint8Array;
}

/** @param tag a hash of the content, ≤ 64 characters of hex or base32. It becomes the boundary: the
 * same request gets the same bytes, and nobody can write content that holds its own hash. */
export function layOutMultipart(
  ranges: readonly ByteRange[],
  options: {
    readonly size: number;
    readonly contentType: string | undefined;
    readonly tag: string;
  },
): MultipartLayout {
  const boundary = `s${options.tag}`;
  const type = options.contentType === undefined ? "" : `Content-Type: ${options.contentType}\r\n`;
  const parts = ranges.map((range, index) => ({
    range,
    head: utf8(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\n${type}` +
        `Content-Range: ${contentRange(range, options.size)}\r\n\r\n`,
    ),
  }));
  const tail = utf8(`\r\n--${boundary}--\r\n`);
  let length = tail.length;
  for (const { head, range } of parts) length += head.length + range.end - range.start;
  return { contentType: `multipart/byteranges; boundary=${boundary}`, length, parts, tail };
}

/** The body's pieces in order; `read` is asked for one part after the other. */
export async function* multipartPieces(
  layout: MultipartLayout,
  read: (range: ByteRange) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { head, range } of layout.parts) {
    let isFirst = true;
    for await (const piece of read(range)) {
      // The head leaves with the first proven bytes: until those exist, the request may still be
      // answered with an error status.
      if (isFirst) yield head;
      isFirst = false;
      yield piece;
    }
  }
  yield layout.tail;
}
