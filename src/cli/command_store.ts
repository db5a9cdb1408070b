import type { AdminEarners, AdminStore } from "../admin/mod.ts";
import type { StoreEarner, StoreEntry } from "../node/mod.ts";
import type { Request, SettingFlags } from "./args.ts";
import { ask } from "./command_tables.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import { type SortableColumn, sortRows } from "./sort_rows.ts";
import { formatTable } from "./table.ts";
import { timeText } from "./time_text.ts";

/** `skerry store`. */
export async function runStore(
  context: CommandContext,
  { sort, limit, by }: Extract<Request, { command: "store" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  if (by === "revenue") {
    const path = `/v1/store?by=revenue&limit=${limit}`;
    const { isJson, document } = await ask<AdminEarners>(context, flags, path);
    return await show(context, isJson, document.entries, EARNER_COLUMNS, sort);
  }
  const { isJson, document } = await ask<AdminStore>(context, flags, `/v1/store?limit=${limit}`);
  return await show(context, isJson, document.entries, STORE_COLUMNS, sort);
}

async function show<Row>(
  { host }: CommandContext,
  isJson: boolean,
  rows: readonly Row[],
  columns: readonly SortableColumn<Row>[],
  sort: string | undefined,
): Promise<ExitCode> {
  const entries = sortRows(rows, columns, sort);
  if (isJson) await printJson(host, { entries });
  else await host.stdout.write(formatTable(columns, entries));
  return EXIT.done;
}

const NAMING: readonly SortableColumn<StoreEntry>[] = [
  { head: "id", cell: (entry) => entry.id, key: (entry) => entry.id },
  {
    head: "bytes",
    cell: (entry) => String(entry.bytes),
    key: (entry) => entry.bytes,
    align: "right",
  },
];

const STORE_COLUMNS: readonly SortableColumn<StoreEntry>[] = [
  ...NAMING,
  {
    head: "kept",
    cell: (entry) => entry.pinned ? "pinned" : "cached",
    key: ({ pinned }) => pinned,
  },
  {
    head: "used",
    cell: (entry) => timeText(entry.lastUsedMs),
    key: (entry) => entry.lastUsedMs,
  },
];

/** A year, beyond which a mean tells nothing. */
const INTERVAL_SECONDS_MAX = 365 * 86_400;

/** "cached, not served" is stored for when the range comes to it. */
function keptText({ pinned, hosted, served }: StoreEarner): string {
  if (pinned) return "pinned";
  if (hosted) return "hosted";
  return served ? "cached" : "not served";
}

function intervalText(seconds: number): string {
  if (seconds > INTERVAL_SECONDS_MAX) return "never";
  const [unit, length] = seconds < 120
    ? ["s", 1] as const
    : seconds < 7_200
    ? ["min", 60] as const
    : seconds < 172_800
    ? ["h", 3_600] as const
    : ["d", 86_400] as const;
  return `${Number((seconds / length).toPrecision(2))} ${unit}`;
}

const EARNER_COLUMNS: readonly SortableColumn<StoreEarner>[] = [
  ...NAMING,
  { head: "kept", cell: keptText, key: keptText },
  {
    head: "distance",
    cell: (entry) => String(entry.distanceBits),
    key: (entry) => entry.distanceBits,
    align: "right",
  },
  { head: "price", cell: (entry) => String(entry.priceCb), key: (e) => e.priceCb, align: "right" },
  {
    head: "read every",
    cell: (entry) => intervalText(entry.readIntervalSeconds),
    key: (entry) => entry.readIntervalSeconds,
    align: "right",
  },
  {
    head: "cb/day",
    cell: (entry) => String(Math.round(entry.cbPerDay)),
    key: (entry) => entry.cbPerDay,
    align: "right",
  },
  {
    head: "score",
    cell: (entry) => entry.score.toFixed(1),
    key: (entry) => entry.score,
    align: "right",
  },
  { head: "used", cell: (entry) => timeText(entry.lastUsedMs), key: (entry) => entry.lastUsedMs },
];
