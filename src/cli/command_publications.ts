import type { AdminPublications, UnpublishAnswer, UnpublishRequest } from "../admin/mod.ts";
import { formatSize } from "../config/mod.ts";
import { formatMetaId, SkerryError } from "../lib/mod.ts";
import type { PublicationEntry } from "../node/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { parseContentTarget } from "./content_target.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import { loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { type Column, formatTable, printable } from "./table.ts";
import { timeText } from "./time_text.ts";

/** `skerry publish list`: what the running node publishes, newest first. */
export async function runPublications(
  { host, doors }: CommandContext,
  _: Request,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const answer = await client.getJson<AdminPublications>("/v1/publications");
  if (settings.json) {
    await printJson(host, answer);
    return EXIT.done;
  }
  const { publications, total } = answer;
  await host.stdout.write(formatTable(COLUMNS, publications));
  if (total > publications.length) {
    await host.stderr.write(`skerry: these are the newest ${publications.length} of ${total}\n`);
  }
  return EXIT.done;
}

/** `skerry unpublish META` */
export async function runUnpublish(
  { host, doors }: CommandContext,
  { meta: text }: Extract<Request, { command: "unpublish" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const { meta, segments } = parseContentTarget(text);
  if (segments.length > 0) {
    const rule = "a publication goes as a whole; give its id or link alone";
    throw new SkerryError("INVALID_ID", `Cannot unpublish ${printable(text)}: ${rule}`);
  }
  const client = await connectAdmin(dataDir, doors);
  const asked: UnpublishRequest = { meta: formatMetaId(meta) };
  const answer = await interruptible(
    host,
    (signal) => client.postJson<UnpublishAnswer>("/v1/unpublish", asked, signal),
  );
  if (settings.json) await printJson(host, answer);
  else await host.stdout.write(unpublishedText(answer));
  return EXIT.done;
}

function unpublishedText({ meta, objects, bytes, shared, orderEnded }: UnpublishAnswer): string {
  const stay = shared === 0 ? "" : `; ${shared} more stay, which other publications have too`;
  const lines = [
    `${meta} is no longer published here: ${objects} object${objects === 1 ? "" : "s"}, ` +
    `${formatSize(bytes)}, may make room now${stay}.`,
    "Copies that others hold stay with them as long as they keep them, and so do values that " +
    "name it.",
    ...(orderEnded ? ["Hosts keep it until what they are paid for is over: no more is paid."] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const COLUMNS: readonly Column<PublicationEntry>[] = [
  { head: "published", cell: ({ publishedMs }) => timeText(publishedMs) },
  { head: "size", cell: ({ size }) => formatSize(size), align: "right" },
  { head: "meta", cell: ({ meta }) => meta },
  { head: "link", cell: ({ link }) => link },
  { head: "name", cell: ({ name }) => printable(name) },
];
