import { parseSize } from "../config/mod.ts";
import { fromHex, SkerryError } from "../lib/mod.ts";

/** One who may show a token, as the operator wrote it down. */
export interface NamedClient {
  readonly name: string;
  /** SHA-256 of the token: who reads the file cannot show it. */
  readonly tokenHash: Uint8Array;
  /** Bytes of bodies that it may be sent in a day. */
  readonly bytesPerDay: number;
}

/** A hand-written list; each request with a token is compared with all of it. */
const CLIENTS_MAX = 1_024;

/** Reads a file of clients: on each line a name, the SHA-256 of a token in hex and a size, with
 * blanks between them; `#` begins a comment.
 * @throws {SkerryError} INVALID_CONFIG, naming the line and the rule, never what stands where a
 * hash should: it may be the token itself. */
export function parseClients(text: string): readonly NamedClient[] {
  const clients: NamedClient[] = [];
  const lineOf = new Map<string, number>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.replace(/#.*/, "").trim();
    if (words === "") continue;
    const client = clientIn(words, i + 1);
    for (const key of [client.name, client.tokenHash.join()]) {
      const other = lineOf.get(key);
      if (other !== undefined) throw wrong(i + 1, `has the name or the token of line ${other}`);
      lineOf.set(key, i + 1);
    }
    if (clients.push(client) > CLIENTS_MAX) {
      throw wrong(i + 1, `is client number ${CLIENTS_MAX + 1}; a file may have ${CLIENTS_MAX}`);
    }
  }
  return clients;
}

function clientIn(words: string, line: number): NamedClient {
  const [name = "", hash = "", size = "", ...rest] = words.split(/\s+/);
  if (rest.length > 0 || size === "") {
    throw wrong(line, "needs a name, the SHA-256 of a token and the bytes a day, as 10GiB");
  }
  if (!/^[a-z0-9][a-z0-9._-]{0,31}$/.test(name)) {
    throw wrong(line, "needs a name of 1 to 32 characters a-z, 0-9, ., _ and - in front");
  }
  const tokenHash = /^[0-9a-f]{64}$/i.test(hash) ? fromHex(hash) : undefined;
  if (tokenHash === undefined) {
    throw wrong(line, "needs the 64 hex digits of its token's SHA-256 behind the name");
  }
  const bytesPerDay = parseSize(size);
  if (bytesPerDay === undefined) {
    throw wrong(line, `has ${JSON.stringify(size.slice(0, 40))} for its bytes a day; try 10GiB`);
  }
  return { name, tokenHash, bytesPerDay };
}

function wrong(line: number, rule: string): SkerryError {
  return new SkerryError("INVALID_CONFIG", `line ${line} ${rule}`);
}
