import type { AdminInvoices, PayRequest, SettleRequest } from "../admin/mod.ts";
import { parseSize } from "../config/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type { InvoiceEntry } from "../node/mod.ts";
import { type AdminClient, connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { formatDuration } from "./duration.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext, TextSink } from "./host.ts";
import { printJson } from "./output.ts";
import { StatusLine } from "./progress.ts";
import { loadSettings } from "./settings.ts";
import { interruptible, rest } from "./signals.ts";
import { type SortableColumn, sortRows } from "./sort_rows.ts";
import { formatPairs, formatTable, printable } from "./table.ts";
import { timeText } from "./time_text.ts";

type LedgerCommand = Extract<Request, { command: "ledger" }>;

/** While it waits the node is asked this often; the node asks the seller less often. */
const LOOK_MS = 1_000;
/** What was paid in the last moment may be seen so much later. */
const LATE_MS = 120_000;
const KEY_CHARACTERS = 16;

/** `skerry ledger pay PEER`: what credit costs and what to pay to; with --wait until it is there.
 * Running it again shows the same invoice, so nothing is paid twice by being interrupted. */
export async function runPay(
  { host, doors }: CommandContext,
  peer: string,
  { cb, wait }: LedgerCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const asked: PayRequest = { peer, ...(cb !== undefined && { cb: String(creditOf(cb)) }) };
  return await interruptible(host, async (signal) => {
    const invoice = await client.postJson<InvoiceEntry>("/v1/ledger/pay", asked, signal);
    // Whoever waits has to see what to pay first; on stdout there is one document.
    const text = invoiceText(invoice, doors.clock.unixMs());
    if (!settings.json) await host.stdout.write(text);
    else if (wait) await host.stderr.write(text);
    const last = wait ? await credited(client, invoice, doors.clock, host.stderr, signal) : invoice;
    if (settings.json) await printJson(host, last);
    else if (wait && last.state === "credited") await host.stdout.write(`credited ${last.cb} cb\n`);
    if (!wait || last.state === "credited") return EXIT.done;
    const why = "skerry ledger pay asks for another one; if it was paid, tell who was paid";
    throw new SkerryError("FETCH_TIMED_OUT", `The invoice ${invoice.invoice} has run out: ${why}`);
  });
}

/** `skerry ledger invoices` */
export async function showInvoices(
  { host, doors }: CommandContext,
  { sort }: LedgerCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const document = await client.getJson<AdminInvoices>("/v1/ledger/invoices");
  const entries = sortRows(document.entries, COLUMNS, sort);
  if (settings.json) await printJson(host, { entries });
  else await host.stdout.write(formatTable(COLUMNS, entries));
  return EXIT.done;
}

/** `skerry ledger settle INVOICE`: the operator's word that it is paid. */
export async function runSettle(
  { host, doors }: CommandContext,
  invoice: string,
  { proof }: LedgerCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const asked: SettleRequest = { invoice, ...(proof !== undefined && { proof }) };
  const settled = await interruptible(
    host,
    (signal) => client.postJson<InvoiceEntry>("/v1/ledger/settle", asked, signal),
  );
  if (settings.json) await printJson(host, settled);
  else await host.stdout.write(`credited ${settled.cb} cb to ${settled.peer}\n`);
  return EXIT.done;
}

/** The invoice once it is credited, or has run out. */
async function credited(
  client: AdminClient,
  { invoice }: InvoiceEntry,
  clock: CommandContext["doors"]["clock"],
  stderr: TextSink,
  signal: AbortSignal,
): Promise<InvoiceEntry> {
  const line = new StatusLine(stderr, false);
  const start = clock.now();
  try {
    while (true) {
      const now = await client.getJson<InvoiceEntry>(`/v1/ledger/invoices/${invoice}`, signal);
      const isOver = now.state === "expired" || now.expiresMs + LATE_MS <= clock.unixMs();
      if (now.state === "credited" || isOver) return now;
      const waited = formatDuration((clock.now() - start) / 1_000);
      line.show(`${now.state}: waiting for the payment to be seen, ${waited}`);
      await rest(clock, LOOK_MS, signal);
      if (!signal.aborted) continue;
      const why = "the invoice stays. To wait for it again, run the same command";
      throw new SkerryError("CANCELLED", `Interrupted; ${why}`);
    }
  } finally {
    line.clear();
  }
}

function creditOf(text: string): number {
  const cb = parseSize(text);
  if (cb !== undefined && cb >= 1) return cb;
  const rule = "must be credit bytes, as 500MB or 10GiB";
  throw new SkerryError("INVALID_CONFIG", `--cb ${JSON.stringify(text)} ${rule}`);
}

function invoiceText(entry: InvoiceEntry, nowMs: number): string {
  const { invoice, cb, amount, unit, method, payTo, expiresMs } = entry;
  return formatPairs([
    ["invoice", invoice],
    ["credit", `${cb} cb`],
    ["price", `${amount} ${unit} by ${method}`],
    ["pay to", printable(payTo)],
    ["within", formatDuration(Math.max(0, expiresMs - nowMs) / 1_000)],
  ]);
}

const COLUMNS: readonly SortableColumn<InvoiceEntry>[] = [
  { head: "invoice", cell: ({ invoice }) => invoice, key: ({ invoice }) => invoice },
  {
    head: "peer",
    cell: ({ peer, direction }) =>
      `${direction === "in" ? "from" : "to"} ${peer.slice(0, KEY_CHARACTERS)}`,
    key: ({ peer }) => peer,
  },
  {
    head: "credit",
    cell: ({ cb }) => `${cb} cb`,
    key: ({ cb }) => Number(cb),
    align: "right",
  },
  {
    head: "price",
    cell: ({ amount, unit }) => `${amount} ${unit}`,
    key: ({ amount }) => Number(amount),
    align: "right",
  },
  { head: "method", cell: ({ method }) => method, key: ({ method }) => method },
  { head: "state", cell: ({ state }) => state, key: ({ state }) => state },
  {
    head: "made",
    cell: ({ createdMs }) => timeText(createdMs),
    key: ({ createdMs }) => createdMs,
  },
  {
    head: "proof",
    cell: ({ proof }) => printable((proof ?? "-").slice(0, 40)),
    key: ({ proof }) => proof ?? "",
  },
];
