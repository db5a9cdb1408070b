import type { AdminLedger } from "../admin/mod.ts";
import { formatSize } from "../config/mod.ts";
import { fromUtf8, SkerryError } from "../lib/mod.ts";
import {
  checkStatement,
  type LedgerEntry,
  type LedgerStatement,
  type ProvenAccount,
} from "../node/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { runPay, runSettle, showInvoices } from "./command_pay.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { jsonOf } from "./json_text.ts";
import { printJson } from "./output.ts";
import { absolute, loadSettings } from "./settings.ts";
import { type SortableColumn, sortRows } from "./sort_rows.ts";
import { formatPairs, formatTable } from "./table.ts";
import { timeText } from "./time_text.ts";

type LedgerCommand = Extract<Request, { command: "ledger" }>;

/** A statement holds 16 receipts of 338 digits at most. */
const STATEMENT_BYTES_MAX = 65_536;
const KEY_CHARACTERS = 16;

/** `skerry ledger`, and its deeds: prove, verify, pay, invoices, settle. */
export async function runLedger(
  context: CommandContext,
  request: LedgerCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { deed, what } = request;
  if (deed === undefined) return await showLedger(context, request, flags);
  if (deed === "invoices" && what === undefined) {
    return await showInvoices(context, request, flags);
  }
  const missing = OPERANDS.get(deed);
  if (missing === undefined) {
    const all = "prove PEER, verify FILE, pay PEER, invoices or settle INVOICE";
    throw wrong(`skerry ledger ${deed}`, `it is ${all}`);
  }
  if (what === undefined) throw wrong(`skerry ledger ${deed}`, missing);
  if (deed === "prove") return await prove(context, what, flags);
  if (deed === "verify") return await verify(context, what, flags);
  if (deed === "pay") return await runPay(context, what, request, flags);
  return await runSettle(context, what, request, flags);
}

/** What is asked for where a deed's operand is not there. */
const OPERANDS: ReadonlyMap<string, string> = new Map([
  ["prove", "whose account?"],
  ["verify", "which file?"],
  ["pay", "whom?"],
  ["settle", "which invoice?"],
]);

async function showLedger(
  { host, doors }: CommandContext,
  { sort }: LedgerCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const document = await client.getJson<AdminLedger>("/v1/ledger");
  const entries = sortRows(document.entries, COLUMNS, sort);
  if (settings.json) await printJson(host, { entries });
  else await host.stdout.write(formatTable(COLUMNS, entries));
  return EXIT.done;
}

/** The statement goes to standard output, in JSON either way: it is meant for a file. */
async function prove(
  { host, doors }: CommandContext,
  peer: string,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const path = `/v1/ledger/${encodeURIComponent(peer)}`;
  await printJson(host, await client.getJson<LedgerStatement>(path));
  return EXIT.done;
}

/** Needs no node: the signatures speak for themselves. */
async function verify(
  { host, doors }: CommandContext,
  file: string,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings } = await loadSettings(flags, host, doors.localFiles);
  const path = absolute(file, host.cwd);
  const bytes = await doors.files.read(path, STATEMENT_BYTES_MAX);
  if (bytes === undefined) throw new SkerryError("FILE_UNREADABLE", `There is no file ${path}`);
  const proven = checkStatement(jsonOf(fromUtf8(bytes) ?? ""));
  if (typeof proven === "string") {
    throw new SkerryError("REFUSED", `The statement ${path} proves nothing: ${proven}`);
  }
  if (settings.json) await printJson(host, documentOf(proven));
  else await host.stdout.write(provenText(proven));
  return EXIT.done;
}

function documentOf({ served, received, paidCb, spentCb, ...rest }: ProvenAccount): unknown {
  return {
    ...rest,
    servedBytes: Number(served.bytes),
    servedCb: String(served.cb),
    receivedBytes: Number(received.bytes),
    receivedCb: String(received.cb),
    paidCb: String(paidCb),
    spentCb: String(spentCb),
  };
}

function provenText(proven: ProvenAccount): string {
  const { network, publicKey, peer, served, received, paidCb, spentCb, signedAtMs } = proven;
  return formatPairs([
    ["network", network],
    ["node", publicKey],
    ["peer", peer],
    ["the peer signed for", `${formatSize(Number(served.bytes))}, ${served.cb} cb`],
    ["the node signed for", `${formatSize(Number(received.bytes))}, ${received.cb} cb`],
    ...(spentCb > 0n ? [["the peer signed as paid", `${spentCb} cb`] as const] : []),
    ...(paidCb > 0n ? [["the node signed as paid", `${paidCb} cb`] as const] : []),
    ["last signed", signedAtMs === 0 ? "never" : timeText(signedAtMs)],
  ]);
}

const wrong = (deed: string, rule: string) =>
  new SkerryError("INVALID_CONFIG", `${deed} says too little or something else: ${rule}`);

const COLUMNS: readonly SortableColumn<LedgerEntry>[] = [
  {
    head: "peer",
    cell: (entry) => entry.publicKey.slice(0, KEY_CHARACTERS),
    key: (entry) => entry.publicKey,
  },
  { head: "rank", cell: (entry) => String(entry.rank), key: ({ rank }) => rank, align: "right" },
  {
    head: "sent",
    cell: (entry) => formatSize(entry.sentBytes),
    key: (entry) => entry.sentBytes,
    align: "right",
  },
  {
    head: "received",
    cell: (entry) => formatSize(entry.receivedBytes),
    key: (entry) => entry.receivedBytes,
    align: "right",
  },
  {
    head: "balance",
    cell: (entry) => `${entry.balanceCb} cb`,
    key: (entry) => Number(entry.balanceCb),
    align: "right",
  },
  {
    head: "paid",
    cell: (entry) => `${BigInt(entry.paidCb) - BigInt(entry.spentCb)} cb`,
    key: (entry) => Number(entry.paidCb) - Number(entry.spentCb),
    align: "right",
  },
  {
    head: "limit",
    cell: (entry) => entry.limitCb === undefined ? "none" : `${entry.limitCb} cb`,
    key: (entry) => Number(entry.limitCb ?? 0),
    align: "right",
  },
  {
    head: "unsigned",
    cell: (entry) => formatSize(entry.unsignedBytes),
    key: (entry) => entry.unsignedBytes,
    align: "right",
  },
  {
    head: "last receipt",
    cell: (entry) => entry.lastReceiptMs === undefined ? "-" : timeText(entry.lastReceiptMs),
    key: (entry) => entry.lastReceiptMs,
  },
];
