export interface ReadMember {
  readonly path: string;
  readonly size: number;
  readonly text: string;
}

/** Reads a ustar archive with pax headers, by the offsets of POSIX.1-2017 and without mercy. */
export function readTar(bytes: Uint8Array): ReadMember[] {
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(bytes.subarray(from, from + length)).replace(/\0.*$/s, "");
  const members: ReadMember[] = [];
  let extended: Record<string, string> = {};
  for (let at = 0; bytes[at] !== 0;) {
    if (text(at + 257, 6) !== "ustar") throw new Error(`no header at ${at}`);
    checkSum(bytes.subarray(at, at + 512), Number.parseInt(text(at + 148, 8), 8));
    const type = text(at + 156, 1);
    const size = Number(extended["size"] ?? Number.parseInt(text(at + 124, 12), 8));
    const contents = text(at + 512, size);
    if (type === "x") {
      extended = records(new TextDecoder().decode(bytes.subarray(at + 512, at + 512 + size)));
    } else {
      members.push({ path: extended["path"] ?? text(at, 100), size, text: contents });
      extended = {};
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}

function checkSum(header: Uint8Array, told: number): void {
  const sum = header.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== told) throw new Error(`a header sums to ${sum}, not ${told}`);
}

function records(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) {
    const length = Number.parseInt(new TextDecoder().decode(rest.subarray(0, 8)), 10);
    const record = new TextDecoder().decode(rest.subarray(0, length));
    const [, key = "", value = ""] = /^\d+ ([a-z]+)=(.*)\n$/s.exec(record) ?? [];
    if (key === "") throw new Error(`no record: ${record}`);
    found[key] = value;
    rest = rest.slice(length);
  }
  return found;
}
