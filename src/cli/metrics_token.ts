import { fromUtf8, type Random, randomBytes, SkerryError, toHex, utf8 } from "../lib/mod.ts";
import type { PrivateFiles } from "../ports/mod.ts";

const FILE_NAME = "metrics.token";
/** A token and the line's end, with room for what an editor or another generator makes of it. */
const BYTES_MAX = 256;
const TOKEN_BYTES = 32;
/** What RFC 6750 allows in a token, of a length that nobody guesses. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{32,}$/;

/** The token that opens /metrics and nothing else, kept from start to start: a monitoring system is
 * told once, while the admin token is another one after each. In a file of its own and bare, as
 * such systems read it. Made if there is none; the operator may put another in its place.
 * @throws {SkerryError} INVALID_CONFIG if the file holds no token. */
export async function ensureMetricsToken(
  dataDir: string,
  { files, random }: { readonly files: PrivateFiles; readonly random: Random },
): Promise<string> {
  const path = `${dataDir}/${FILE_NAME}`;
  const found = await files.read(path, BYTES_MAX);
  if (found === undefined) {
    const made = toHex(randomBytes(random, TOKEN_BYTES));
    await files.replace(path, utf8(`${made}\n`));
    return made;
  }
  const token = (fromUtf8(found) ?? "").trim();
  if (TOKEN.test(token)) return token;
  throw new SkerryError(
    "INVALID_CONFIG",
    `The file ${path} holds no token for /metrics: it needs one line of 32 or more characters ` +
      "A-Z, a-z, 0-9, ._~+/=-. Remove it, and the next run makes a new one",
  );
}
