import type { AdminPlacement } from "../admin/mod.ts";
import { formatSize } from "../config/mod.ts";
import { counted } from "../lib/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import type { PlacementCommand } from "./publish_args.ts";
import { loadSettings } from "./settings.ts";
import { type Column, formatPairs, formatTable } from "./table.ts";
import { timeText } from "./time_text.ts";

const ID_CHARACTERS = 16;

/** `skerry publish status META`: who is paid to keep it, and whether they do. */
export async function runPlacement(
  { host, doors }: CommandContext,
  { meta }: PlacementCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const path = `/v1/placement/${encodeURIComponent(meta)}`;
  const report = await client.getJson<AdminPlacement>(path);
  if (settings.json) await printJson(host, report);
  else await host.stdout.write(reportText(report));
  return EXIT.done;
}

function reportText(report: AdminPlacement): string {
  const { meta, hosts, weeks, spentCb, budgetCb, alarms } = report;
  const term = weeks === 1 ? "a week" : `${weeks} weeks`;
  const pairs = formatPairs([
    ["meta", meta],
    ["ordered", `${counted(hosts, "host")} for ${term} at a time`],
    ["spent", `${spentCb} of ${budgetCb} cb`],
    ["alarms", alarms.length === 0 ? "none" : alarms.join("; ")],
  ]);
  return `${pairs}\n${formatTable(COLUMNS, rowsOf(report))}`;
}

interface Row {
  readonly id: string;
  readonly size: string;
  readonly holding: string;
  readonly holder: AdminPlacement["objects"][number]["holders"][number] | undefined;
}

/** One for each holder; an object without any has one too. */
function rowsOf({ objects, hosts }: AdminPlacement): Row[] {
  return objects.flatMap(({ id, bytes, holding, holders }) => {
    const object = {
      id: id.slice(0, ID_CHARACTERS),
      size: formatSize(bytes),
      holding: `${holding}/${hosts}`,
    };
    const [first, ...others] = holders;
    const none = { id: "", size: "", holding: "" };
    return [{ ...object, holder: first }, ...others.map((holder) => ({ ...none, holder }))];
  });
}

const COLUMNS: readonly Column<Row>[] = [
  { head: "object", cell: ({ id }) => id },
  { head: "size", cell: ({ size }) => size, align: "right" },
  { head: "hold it", cell: ({ holding }) => holding, align: "right" },
  { head: "host", cell: ({ holder }) => holder?.publicKey.slice(0, ID_CHARACTERS) ?? "-" },
  { head: "address", cell: ({ holder }) => holder?.address ?? "" },
  { head: "state", cell: ({ holder }) => holder?.state ?? "" },
  { head: "shown", cell: ({ holder }) => holder === undefined ? "" : shownText(holder.provenMs) },
  { head: "until", cell: ({ holder }) => holder === undefined ? "" : timeText(holder.untilMs) },
  {
    head: "price",
    cell: ({ holder }) => holder === undefined ? "" : `${holder.priceCb} cb`,
    align: "right",
  },
];

const shownText = (ms: number | undefined): string => ms === undefined ? "not yet" : timeText(ms);
