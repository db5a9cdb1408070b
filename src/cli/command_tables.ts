import type { AdminPeers, AdminStatus } from "../admin/mod.ts";
import { exactRate, formatSize } from "../config/mod.ts";
import { counted } from "../lib/mod.ts";
import type { PeerInfo } from "../node/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { formatUptime } from "./duration.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import { loadSettings } from "./settings.ts";
import { type SortableColumn, sortRows } from "./sort_rows.ts";
import { formatPairs, formatTable } from "./table.ts";
import { timeText } from "./time_text.ts";

/** `skerry status`. */
export async function runStatus(
  context: CommandContext,
  _request: Extract<Request, { command: "status" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { isJson, document } = await ask<AdminStatus>(context, flags, "/v1/status");
  if (isJson) await printJson(context.host, document);
  else await context.host.stdout.write(statusText(document));
  return EXIT.done;
}

/** `skerry peers`. */
export async function runPeers(
  context: CommandContext,
  { sort }: Extract<Request, { command: "peers" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { isJson, document } = await ask<AdminPeers>(context, flags, "/v1/peers");
  const peers = sortRows(document.peers, PEER_COLUMNS, sort);
  if (isJson) await printJson(context.host, { peers });
  else await context.host.stdout.write(formatTable(PEER_COLUMNS, peers));
  return EXIT.done;
}

/** Asks the running node for a document. */
export async function ask<T>(
  { host, doors }: CommandContext,
  flags: SettingFlags,
  path: string,
): Promise<{ isJson: boolean; document: T }> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  return { isJson: settings.json, document: await client.getJson<T>(path) };
}

function statusText(status: AdminStatus): string {
  const { store, traffic, announce, routingTable } = status;
  const pinned = `${formatSize(store.pinnedBytes)} of them published here`;
  const quota = `${formatSize(store.bytes)} of ${formatSize(store.quotaBytes)}, ${pinned}`;
  const first = status.firstNode ? " (the first node of its network)" : "";
  return formatPairs([
    ["role", status.role],
    ["reachability", status.reachability],
    ["peers", `${status.peers}${first}`],
    ["routing table", `${routingTable.contacts} contacts`],
    ["store", `${store.chunks} chunks, ${quota}`],
    ...diskRows(status.disk),
    ["rank", rankText(status)],
    ...sellingRows(status.selling),
    ...hostingRows(status),
    ["announced", `${announce.keys} keys, ${announce.pending} waiting`],
    ["copies", copiesText(status.copies)],
    ["sent", formatSize(traffic.sentBytes)],
    ["received", formatSize(traffic.receivedBytes)],
    ...denylistRows(status.denylist),
    ["up", formatUptime(status.uptimeSeconds)],
  ]);
}

function diskRows(disk: AdminStatus["disk"]): [string, string][] {
  if (disk === undefined) return [];
  const { unkept, fault, faultMs } = disk;
  return [[
    "disk",
    `REFUSED, ${counted(unkept, "object")} not kept; last ${timeText(faultMs)}: ${fault}`,
  ]];
}

const SEARCH_STATES = {
  searching: "searching on",
  loaded: "the search rests while the machine is busy",
  on_battery: "the search rests while the machine runs on its battery",
  elsewhere: "skerry id is searching",
  failed: "the search failed and is tried again: see the log",
  done: "no higher one is to be had on this network",
} as const;

function rankText({ rank, rankSearch }: AdminStatus): string {
  if (rankSearch === undefined) return String(rank);
  const { state, tries, dutyPercent } = rankSearch;
  const how = state === "searching" ? ` with ${dutyPercent} % of a processor` : "";
  return `${rank} after ${tries} tries, ${SEARCH_STATES[state]}${how}`;
}

function sellingRows(selling: AdminStatus["selling"]): [string, string][] {
  const { upBytesPerSecond, sentBytes, diskBytes, diskQuotaBytes } = selling;
  const least = selling.minReadsPerDay === 0
    ? "as rarely read as it may be"
    : `read ${Number(selling.minReadsPerDay.toPrecision(2))} times a day at least`;
  const up = upBytesPerSecond === undefined
    ? []
    : [`${exactRate(upBytesPerSecond)} up, ${formatSize(sentBytes)} of it sent`];
  const disk = `${formatSize(diskBytes)} of ${formatSize(diskQuotaBytes)} disk`;
  return [
    ["for sale", [...up, disk].join(", ")],
    ["", `range ${selling.rangeBits} bits, what is fetched to be sold ${least}`],
  ];
}

function copiesText(copies: AdminStatus["copies"]): string {
  if (copies.replicas === 0) return "off";
  const { keys, guardedBytes, givenBytes, takenBytes } = copies;
  const moved = `${formatSize(givenBytes)} given, ${formatSize(takenBytes)} taken`;
  return `${keys} keys, ${formatSize(guardedBytes)} for others; ${moved}`;
}

/** What is kept for others, and by others, for pay. */
function hostingRows({ hosting, placements }: AdminStatus): [string, string][] {
  const rows: [string, string][] = [];
  if (hosting !== undefined) {
    rows.push(["kept for pay", `${hosting.contracts} chunks, ${formatSize(hosting.bytes)}`]);
  }
  if (placements !== undefined) {
    const { objects, short } = placements;
    const alarm = short === 0 ? "all at as many hosts as ordered" : `${short} AT TOO FEW HOSTS`;
    rows.push(["placed", `${objects} objects, ${alarm}`]);
  }
  return rows;
}

function denylistRows(denylist: AdminStatus["denylist"]): [string, string][] {
  if (denylist === undefined) return [];
  const { rules, files, loadedMs, fault } = denylist;
  const count = `${counted(rules, "rule")} of ${counted(files.length, "file")}`;
  const rows: [string, string][] = [["denylist", `${count}, since ${timeText(loadedMs)}`]];
  for (const { path, sha256 } of files) rows.push(["", `${path} sha256 ${sha256}`]);
  if (fault !== undefined) rows.push(["", `NOT THE NEWEST: ${fault}`]);
  return rows;
}

const ID_CHARACTERS = 16;

const PEER_COLUMNS: readonly SortableColumn<PeerInfo>[] = [
  { head: "node", cell: (peer) => peer.nodeId.slice(0, ID_CHARACTERS), key: (peer) => peer.nodeId },
  { head: "address", cell: (peer) => peer.address, key: (peer) => peer.address },
  {
    head: "rtt",
    cell: (peer) => peer.rttMs === undefined ? "-" : `${peer.rttMs.toFixed(1)} ms`,
    key: (peer) => peer.rttMs,
    align: "right",
  },
  {
    head: "sent",
    cell: (peer) => formatSize(peer.sentBytes),
    key: (peer) => peer.sentBytes,
    align: "right",
  },
  {
    head: "received",
    cell: (peer) => formatSize(peer.receivedBytes),
    key: (peer) => peer.receivedBytes,
    align: "right",
  },
  {
    head: "connected",
    cell: (peer) => formatUptime(peer.connectedSeconds),
    key: (peer) => peer.connectedSeconds,
    align: "right",
  },
  { head: "rank", cell: (peer) => String(peer.rank), key: (peer) => peer.rank, align: "right" },
];
