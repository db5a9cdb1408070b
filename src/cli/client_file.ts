import { type NamedClient, parseClients } from "../gateway/mod.ts";
import { SkerryError, toHex } from "../lib/mod.ts";
import type { Logger } from "../ports/mod.ts";
import { FileWatch } from "./file_watch.ts";
import type { Doors } from "./host.ts";
import { readSmallText } from "./small_text.ts";

/** 1,024 lines of a name, a hash and a size, and as much again of comments. */
const CLIENT_FILE_BYTES_MAX = 256 * 1024;

/** Reads --client-file. @throws {SkerryError} FILE_UNREADABLE or INVALID_CONFIG, naming file and
 * line. */
export async function loadClients(
  path: string,
  { localFiles }: Pick<Doors, "localFiles">,
): Promise<readonly NamedClient[]> {
  const flag = "--client-file";
  const bytesMax = CLIENT_FILE_BYTES_MAX;
  const text = await readSmallText({ flag, path, kind: "client", bytesMax }, localFiles);
  try {
    return parseClients(text);
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    throw new SkerryError(error.code, `${flag} ${path}: ${error.message}`);
  }
}

/** Hands a gateway the clients whenever the file names others. */
export function watchClients(
  path: string,
  loaded: readonly NamedClient[],
  use: (clients: readonly NamedClient[]) => void,
  doors: Pick<Doors, "clock" | "localFiles">,
  logger: Logger,
): FileWatch<readonly NamedClient[]> {
  return new FileWatch(
    {
      load: () => loadClients(path, doors),
      keyOf: (clients) =>
        clients.map(({ name, tokenHash, bytesPerDay }) =>
          `${name} ${toHex(tokenHash)} ${bytesPerDay}`
        ).join("\n"),
      use,
      tell: (clients) => logger.log("info", "clients", { clients: clients.length }),
      notTaken: (message) => logger.log("warn", "clients_not_taken", { message }),
    },
    loaded,
    doors.clock,
  );
}
