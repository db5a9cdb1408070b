import { sizeText } from "./size_text.ts";

/** Why a file is not sent at all; undefined if it is. The node itself would only know when its
 * store is full, after all that fits has been sent and what was cached has made way for it.
 * @param roomBytes what the store has for published content; undefined where it is not known yet.
 */
export function tooLarge(
  { name, size }: { readonly name: string; readonly size: number },
  roomBytes: number | undefined,
): string | undefined {
  if (roomBytes === undefined || size <= roomBytes) return undefined;
  return `${name}: has ${sizeText(size)}, the store has room for ${
    sizeText(roomBytes)
  }. Start the ` +
    'node with more --store-bytes; if the file repeats itself, try "skerry publish".';
}
