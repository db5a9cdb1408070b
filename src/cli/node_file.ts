import { z } from "zod";
import { fromUtf8, SkerryError, utf8 } from "../lib/mod.ts";
import type { PrivateFiles } from "../ports/mod.ts";
import { jsonOf } from "./json_text.ts";

const FILE_NAME = "node.json";
const BYTES_MAX = 65_536;

const schema = z.object({
  v: z.literal(1),
  pid: z.number().int().positive(),
  network: z.string(),
  publicKey: z.string(),
  nodeId: z.string(),
  /** `skerry://…` */
  listening: z.string(),
  /** `http://…` of the public gateway and of the admin API. */
  gateway: z.string(),
  admin: z.string(),
  adminToken: z.string().min(32),
  version: z.string(),
  startedMs: z.number(),
});

/** What <data>/node.json says of the running node (mode 0600: it holds the admin token). */
export type NodeFile = Readonly<z.infer<typeof schema>>;

const pathIn = (dataDir: string): string => `${dataDir}/${FILE_NAME}`;

export async function writeNodeFile(
  dataDir: string,
  node: NodeFile,
  files: PrivateFiles,
): Promise<void> {
  await files.replace(pathIn(dataDir), utf8(`${JSON.stringify(node, undefined, 2)}\n`));
}

export async function removeNodeFile(dataDir: string, files: PrivateFiles): Promise<void> {
  await files.remove(pathIn(dataDir));
}

/** The node that runs, or last ran, on a data directory; undefined if there is no such file.
 * @throws {SkerryError} NO_RUNNING_NODE if the file cannot be understood. */
export async function readNodeFile(
  dataDir: string,
  files: PrivateFiles,
): Promise<NodeFile | undefined> {
  const bytes = await files.read(pathIn(dataDir), BYTES_MAX);
  if (bytes === undefined) return undefined;
  const parsed = schema.safeParse(jsonOf(fromUtf8(bytes) ?? ""));
  if (parsed.success) return parsed.data;
  throw new SkerryError(
    "NO_RUNNING_NODE",
    `Cannot tell which node runs: ${pathIn(dataDir)} is damaged, or of another version; ` +
      "restart the node",
  );
}
