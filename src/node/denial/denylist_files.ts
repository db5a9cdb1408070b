import { sha256 } from "../../crypto/mod.ts";
import {
  DENY_HEADER_LINES_MAX,
  type DenyHeader,
  DenyList,
  NO_HEADER,
  parseDenyHeader,
  parseDenyLine,
} from "../../deny/mod.ts";
import { fromUtf8, SkerryError, toHex, toSkerryError } from "../../lib/mod.ts";
import type { LocalFiles } from "../../ports/mod.ts";
import type { DenyFileStatus } from "../contract/operator_api.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import type { DenyFiles } from "./denylist.ts";

/** Bytes of all files together: a million double hashes with their line ends. */
export const DENY_BYTES_MAX = 64 * 2 ** 20;
/** Faults told one by one; the others are counted. */
const FAULTS_TOLD = 5;
/** Lines between two looks at the event loop: some milliseconds of hashing. */
const LINES_PER_TURN = 1_000;
const READ_BYTES = 2 ** 20;

/** Reads denylists, in the order in which their rules count. One line that is no rule makes all of
 * them unusable: who wrote it meant something, and half a list is a gap that nobody sees.
 * @throws {SkerryError} INVALID_CONFIG, a sentence with the numbers of the lines; FILE_UNREADABLE,
 * DISK_FAILED. */
export async function readDenylists(
  paths: readonly string[],
  localFiles: Pick<LocalFiles, "openRead">,
): Promise<DenyFiles> {
  const list = new DenyList();
  const files: DenyFileStatus[] = [];
  let bytesLeft = DENY_BYTES_MAX;
  for (const path of paths) {
    const bytes = await readFile(path, bytesLeft, localFiles);
    bytesLeft -= bytes.length;
    const before = list.size;
    const faults = await addRules(bytes, list);
    if (faults.count > 0) throw unusable(path, faults);
    files.push({ path, rules: list.size - before, sha256: toHex(sha256(bytes)) });
  }
  return { list, files };
}

async function readFile(
  path: string,
  bytesMax: number,
  localFiles: Pick<LocalFiles, "openRead">,
): Promise<Uint8Array> {
  const file = await localFiles.openRead(path);
  try {
    if (file.size > bytesMax) {
      const rule = `denylists may have ${DENY_BYTES_MAX} bytes together`;
      throw new SkerryError("INVALID_CONFIG", `The denylist ${path} is too long: ${rule}`);
    }
    const bytes = new Uint8Array(file.size);
    for (let at = 0; at < bytes.length;) {
      const read = await file.read(at, bytes.subarray(at, at + READ_BYTES));
      if (read === 0) throw new SkerryError("FILE_UNREADABLE", `${path} was cut while it was read`);
      at += read;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

interface Faults {
  /** Texts that begin with a line's number. BOUNDED by FAULTS_TOLD. */
  readonly told: string[];
  count: number;
}

async function addRules(bytes: Uint8Array, list: DenyList): Promise<Faults> {
  const faults: Faults = { told: [], count: 0 };
  const { header, headerLines } = headerOf(bytes);
  if (typeof header === "string") return { told: [`its header ${header}`], count: 1 };
  let number = 0;
  for (const line of linesOf(bytes)) {
    number++;
    if (number % LINES_PER_TURN === 0) await yieldTurn();
    if (number <= headerLines) continue;
    const rule = line === undefined ? "is not UTF-8" : parseDenyLine(line);
    if (rule === undefined) continue;
    const fault = typeof rule === "string" ? rule : list.add(rule, header.status);
    if (fault === undefined) continue;
    if (faults.count++ < FAULTS_TOLD) faults.told.push(`line ${number} ${fault}`);
  }
  return faults;
}

function headerOf(bytes: Uint8Array): {
  readonly header: DenyHeader | string;
  readonly headerLines: number;
} {
  const lines: string[] = [];
  for (const line of linesOf(bytes)) {
    if (lines.length >= DENY_HEADER_LINES_MAX) break;
    if (line?.trimEnd() === "---") {
      return { header: parseDenyHeader(lines), headerLines: lines.length + 1 };
    }
    lines.push(line ?? "");
  }
  return { header: NO_HEADER, headerLines: 0 };
}

/** The lines of a file; undefined for one that is not UTF-8. */
function* linesOf(bytes: Uint8Array): Generator<string | undefined, void, undefined> {
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(0x0a, at);
    const end = found === -1 ? bytes.length : found;
    yield fromUtf8(bytes.subarray(at, end));
    at = end + 1;
  }
}

function unusable(path: string, { told, count }: Faults): SkerryError {
  const rest = count - told.length;
  const all = rest > 0 ? [...told, `and ${rest} more`] : told;
  const why = all.join("; ");
  return new SkerryError("INVALID_CONFIG", `The denylist ${path} cannot be used: ${why}`);
}

/** The sentence of whatever keeps a denylist from being read. */
export function denylistFault(error: unknown): string {
  return toSkerryError(error, "FILE_UNREADABLE", "Cannot read the denylist").message;
}
