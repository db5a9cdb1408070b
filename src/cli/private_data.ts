import { SkerryError } from "../lib/mod.ts";
import type { Logger, PrivateFiles } from "../ports/mod.ts";

/** The databases below a data directory: who is owed what, what is read and published. */
const DATABASES = ["ledger.db", "store/index.db", "store/small.db"];
/** What SQLite lays beside one; it gets the mode that its database had when it was laid there. */
const PARTS = ["", "-wal", "-shm"];

/** Takes from the databases what others may do with them: earlier versions made them as the umask
 * had it. Says so in the log, once for all of them; a file that is another's is said to be, and
 * the node runs. To be called with the node's lock held, before they are opened. */
export async function keepPrivate(
  dataDir: string,
  files: Pick<PrivateFiles, "keepPrivate">,
  logger: Logger,
): Promise<void> {
  const mended: string[] = [];
  for (const name of DATABASES.flatMap((database) => PARTS.map((part) => database + part))) {
    try {
      if (await files.keepPrivate(`${dataDir}/${name}`)) mended.push(name);
    } catch (error) {
      if (!(error instanceof SkerryError)) throw error;
      logger.log("warn", "file_not_private", { reason: error.message });
    }
  }
  if (mended.length === 0) return;
  const reason = "other users could read them, as an earlier version made them; now they cannot";
  logger.log("info", "files_made_private", { files: mended.join(" "), reason });
}
