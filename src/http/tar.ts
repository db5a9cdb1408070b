import { concatBytes, utf8 } from "../lib/mod.ts";

/** One member of a tar archive. */
export interface TarMember {
  /** Relative, segments joined by `/`, a directory's without its final slash. */
  readonly path: string;
  readonly kind: "file" | "directory";
  /** Bytes of contents; 0 for a directory. */
  readonly size: number;
}

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
/** Eleven octal digits: a larger size stands in the extended header alone. */
const OCTAL_SIZE_MAX = 8 ** 11 - 1;

/** What goes before a member's contents: a ustar header (POSIX.1-2017, pax), an extended header in
 * front of it where the path is longer or of other letters than ustar takes, or the file of 8 GiB
 * and more. Nothing in it depends on time or place: the same tree gives the same archive. */
export function tarHead(member: TarMember): Uint8Array {
  const path = member.kind === "directory" ? `${member.path}/` : member.path;
  const records: string[] = [];
  // deno-lint-ignore no-control-regex
  if (utf8(path).length > NAME_BYTES_MAX || /[^\x00-\x7f]/.test(path)) {
    records.push(paxRecord("path", path));
  }
  if (member.size > OCTAL_SIZE_MAX) records.push(paxRecord("size", String(member.size)));
  const head = header(path, member.kind === "directory" ? "5" : "0", member.size);
  if (records.length === 0) return head;
  const body = utf8(records.join(""));
  return concatBytes(header("PaxHeader", "x", body.length), body, tarPadding(body.length), head);
}

/** What goes after `size` bytes of contents. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES);
}

/** What goes after the last member. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK_BYTES);
}

function header(path: string, type: "0" | "5" | "x", size: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string): void => block.set(utf8(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  block.set(utf8(path).subarray(0, NAME_BYTES_MAX), 0);
  put(100, `${octal(type === "5" ? 0o755 : 0o644, 7)}\0`);
  put(108, `${octal(0, 7)}\0`); // owner
  put(116, `${octal(0, 7)}\0`); // group
  put(124, `${octal(Math.min(size, OCTAL_SIZE_MAX), 11)}\0`);
  put(136, `${octal(0, 11)}\0`); // 1970: publications have no date
  put(148, " ".repeat(8)); // counts as spaces in its own sum
  put(156, type);
  put(257, "ustar\x0000");
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = utf8(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
