import { SkerryError, toBase32, toHex } from "../lib/mod.ts";
import {
  type LoadedIdentity,
  loadOrCreateIdentity,
  readIdentity,
  searchRank,
  type SearchReport,
} from "../node/mod.ts";
import type { Request, SettingFlags } from "./args.ts";
import { lockData } from "./data_lock.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext, Doors } from "./host.ts";
import { printJson } from "./output.ts";
import { StatusLine } from "./progress.ts";
import { searchText } from "./search_text.ts";
import { type LoadedSettings, loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { formatPairs } from "./table.ts";

type IdRequest = Extract<Request, { command: "id" }>;

export async function runId(
  { host, doors }: CommandContext,
  { targetRank }: IdRequest,
  flags: SettingFlags,
): Promise<ExitCode> {
  const loaded = await loadSettings(flags, host, doors.localFiles);
  const isJson = loaded.settings.json;
  const line = new StatusLine(host.stderr, isJson);
  const onReport = (report: SearchReport): void => line.show(searchText(report));
  const identity = await interruptible(host, async (signal) => {
    try {
      return await withLock(loaded, targetRank, doors, { onReport, signal });
    } catch (error) {
      if (!(error instanceof SkerryError) || error.code !== "CANCELLED") throw error;
      throw new SkerryError("CANCELLED", "Interrupted: the same command goes on from here");
    } finally {
      line.clear();
      await doors.workPool.close();
    }
  });
  if (isJson) await printJson(host, asJson(identity));
  else await host.stdout.write(asText(identity));
  return EXIT.done;
}

interface Watch {
  readonly onReport: (report: SearchReport) => void;
  readonly signal: AbortSignal;
}

/** Showing a whole identity needs no lock, so it works beside a running node; whatever may write
 * the file takes one. */
async function withLock(
  { settings, origins, dataDir }: LoadedSettings,
  targetRank: number | undefined,
  doors: Doors,
  watch: Watch,
): Promise<LoadedIdentity> {
  // Unless told otherwise, the directory knows its network best.
  const network = origins.network.from === "default" ? undefined : settings.network;
  const load = () => loadOrCreateIdentity(dataDir, network, doors, watch);
  const record = await readIdentity(dataDir, doors.files);
  const isWhole = record?.idNonce !== undefined;
  if (isWhole && (targetRank ?? 0) <= record.rank) return await load();
  await doors.files.makeDirectory(dataDir);
  const holder = "another skerry creates its identity or searches for a rank there";
  const lock = lockData(dataDir, "identity", doors.openSqlite, holder);
  try {
    if (targetRank === undefined) return await load();
    return await searchRank(dataDir, network, targetRank, doors, watch);
  } finally {
    lock.release();
  }
}

function asJson({ keyPair, nodeId, work, network }: LoadedIdentity) {
  return {
    publicKey: toHex(keyPair.publicKey),
    publicKeyText: toBase32(keyPair.publicKey),
    nodeId: toHex(nodeId),
    rank: work.rank,
    network: network.name,
  };
}

function asText(identity: LoadedIdentity): string {
  const { publicKey, publicKeyText, nodeId, rank, network } = asJson(identity);
  return formatPairs([
    ["public key", publicKey],
    ["in URIs", publicKeyText],
    ["node id", nodeId],
    ["rank", String(rank)],
    ["network", network],
  ]);
}
