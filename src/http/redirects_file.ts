import { concatBytes, fromUtf8 } from "../lib/mod.ts";

/** Where a site has its rules: in its root, under this name. */
export const REDIRECTS_NAME = "_redirects";

/** A longer file is refused: it is read and walked for each path that a site lacks. */
export const REDIRECTS_BYTES_MAX = 65_536;

/** A `_redirects` file that can be read, or a sentence on why not. */
export type RedirectsFile = { readonly text: string } | { readonly fault: string };

/** Reads what is to be parsed. @param read the bytes of [start, end), asked for only where there
 * are not too many. @throws what `read` throws. */
export async function readRedirects(
  size: number,
  read: (start: number, end: number) => AsyncIterable<Uint8Array>,
): Promise<RedirectsFile> {
  if (size > REDIRECTS_BYTES_MAX) {
    return { fault: `it has ${size} bytes, ${REDIRECTS_BYTES_MAX} is the most` };
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of read(0, size)) pieces.push(piece);
  const text = fromUtf8(concatBytes(...pieces));
  return text === undefined ? { fault: "it is not UTF-8" } : { text };
}
