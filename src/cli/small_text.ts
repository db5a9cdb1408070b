import { fromUtf8, SkerryError } from "../lib/mod.ts";
import type { LocalFiles } from "../ports/mod.ts";

/** Reads a text file that a setting names. @param kind what it should be, for errors.
 * @throws {SkerryError} FILE_UNREADABLE; INVALID_CONFIG for a longer one and for no text, naming
 * flag and path and nothing of what is in it. */
export async function readSmallText(
  { flag, path, kind, bytesMax }: {
    readonly flag: string;
    readonly path: string;
    readonly kind: string;
    readonly bytesMax: number;
  },
  localFiles: Pick<LocalFiles, "openRead">,
): Promise<string> {
  const file = await localFiles.openRead(path);
  try {
    if (file.size > bytesMax) {
      const rule = `more than the ${bytesMax} of any ${kind} file`;
      throw new SkerryError("INVALID_CONFIG", `${flag} ${path} has ${file.size} bytes, ${rule}`);
    }
    const bytes = new Uint8Array(file.size);
    const text = fromUtf8(bytes.subarray(0, await file.read(0, bytes)));
    if (text !== undefined) return text;
    throw new SkerryError("INVALID_CONFIG", `${flag} ${path} is not ${kind}: it is no text`);
  } finally {
    await file.close();
  }
}
