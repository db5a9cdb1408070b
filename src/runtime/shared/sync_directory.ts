import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Makes the names in a directory durable, new ones and renamed ones, as a file's own fsync does
 * not. Rejects as node:fs does. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
