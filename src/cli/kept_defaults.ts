import { z } from "zod";
import { defaultStoreBytes, drawUdpPort, type KeptDefaults } from "../config/mod.ts";
import { fromUtf8, type Random, randomBelow, SkerryError, utf8 } from "../lib/mod.ts";
import type { LocalFiles, OpenDatagramSocket, PrivateFiles } from "../ports/mod.ts";
import { jsonOf } from "./json_text.ts";

const FILE_NAME = "defaults.json";
const BYTES_MAX = 4096;
const DRAWS_MAX = 64; // with half of all ports taken, all fail once in 2^64 first runs

const schema = z.object({
  v: z.literal(1),
  udpPort: z.number().int().min(1025).max(65_535),
  storeBytes: z.number().int().nonnegative(),
});

export interface KeptDoors {
  readonly files: PrivateFiles;
  readonly localFiles: LocalFiles;
  readonly random: Random;
  readonly openSocket: OpenDatagramSocket;
}

const pathIn = (dataDir: string): string => `${dataDir}/${FILE_NAME}`;

/** The defaults drawn at the first run; undefined before it.
 * @throws {SkerryError} INVALID_CONFIG if the file is damaged. */
export async function readKeptDefaults(
  dataDir: string,
  files: PrivateFiles,
): Promise<KeptDefaults | undefined> {
  const bytes = await files.read(pathIn(dataDir), BYTES_MAX);
  if (bytes === undefined) return undefined;
  const parsed = schema.safeParse(jsonOf(fromUtf8(bytes) ?? ""));
  if (parsed.success) return parsed.data;
  throw new SkerryError(
    "INVALID_CONFIG",
    `The file ${pathIn(dataDir)} is damaged: remove it, and the next run draws a new UDP port`,
  );
}

/** The kept defaults, drawn and written first if there are none: a UDP port that is free at this
 * moment and a store size that fits the disk. @param host the address the port must be free on. */
export async function ensureKeptDefaults(
  dataDir: string,
  host: string,
  doors: KeptDoors,
): Promise<KeptDefaults> {
  const found = await readKeptDefaults(dataDir, doors.files);
  if (found !== undefined) return found;
  const { freeBytes } = await doors.localFiles.space(dataDir);
  const storeBytes = defaultStoreBytes(freeBytes);
  const drawn = { v: 1, udpPort: await drawFreePort(host, doors), storeBytes };
  await doors.files.replace(pathIn(dataDir), utf8(`${JSON.stringify(drawn)}\n`));
  return drawn;
}

async function drawFreePort(host: string, { openSocket, random }: KeptDoors): Promise<number> {
  const ignore = { onDatagram() {}, onBatchEnd() {}, onDrain() {} };
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const port = drawUdpPort((bound) => randomBelow(random, bound));
    try {
      await (await openSocket({ host, port }, ignore)).close();
      return port;
    } catch (error) {
      if (!(error instanceof SkerryError) || error.code !== "ADDRESS_IN_USE") throw error;
    }
  }
  throw new SkerryError(
    "ADDRESS_IN_USE",
    `Found no free UDP port on ${host} in ${DRAWS_MAX} draws: choose one with --udp`,
  );
}
