import { SkerryError, utf8 } from "../lib/mod.ts";

/** What file systems of all kinds allow for one name. */
export const NAME_BYTES_MAX = 255;

const FORBIDDEN = /[\p{Cc}/\\]/u;
/** What could steer a terminal, reorder text or end a line, besides quote and backslash. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}"\\]/gu;
const QUOTED_CHARACTERS_MAX = 100;

/** The rule that `name` breaks as the name of a file or directory entry, as the end of a sentence
 * that begins with the name; undefined if it may enter and leave the network. */
export function entryNameFault(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return "means a directory, not an entry in one";
  if (!name.isWellFormed()) return "is not valid Unicode";
  if (FORBIDDEN.test(name)) return forbiddenCharacter(name);
  // A UTF-16 unit takes 3 bytes of UTF-8 at most: most names need no encoding to be counted.
  if (3 * name.length > NAME_BYTES_MAX && utf8(name).length > NAME_BYTES_MAX) {
    return `is longer than ${NAME_BYTES_MAX} bytes of UTF-8`;
  }
  return undefined;
}

/** @param place where the name was met, for the message.
 * @throws {SkerryError} INVALID_PATH naming `name`, unless it may enter and leave the network. */
export function assertEntryName(name: string, place: string): void {
  const fault = entryNameFault(name);
  if (fault === undefined) return;
  throw new SkerryError("INVALID_PATH", `The name ${quoteName(name)} in ${place} ${fault}`);
}

/** `name` in quotes for a message, a log line or a terminal: whatever could break out of any of
 * them is written as an escape, and a long one is cut. */
export function quoteName(name: string): string {
  const isLong = name.length > QUOTED_CHARACTERS_MAX;
  const shown = isLong ? name.slice(0, QUOTED_CHARACTERS_MAX) : name;
  const escaped = shown.replace(
    UNPRINTABLE,
    (character) =>
      character === '"' || character === "\\"
        ? `\\${character}`
        : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return isLong ? `"${escaped}…"` : `"${escaped}"`;
}

/** The order of the names' UTF-8 bytes: < 0, 0 or > 0. Both well-formed. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return utf8Rank(unitA) - utf8Rank(unitB);
  }
  return a.length - b.length;
}

/** UTF-16 units in the order of the UTF-8 that they are part of: surrogates, which stand for
 * U+10000 and above, come after U+E000 … U+FFFF. */
function utf8Rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

function forbiddenCharacter(name: string): string {
  if (name.includes("\0")) return "holds a NUL character";
  if (name.startsWith("/")) return "is an absolute path";
  if (name.includes("/")) return "holds a slash";
  if (name.includes("\\")) return "holds a backslash";
  return "holds a control character";
}
