import type { PublishLine, PublishRequest, PublishWarnings } from "../admin/mod.ts";
import { formatSize } from "../config/mod.ts";
import { counted, SkerryError } from "../lib/mod.ts";
import type { PlacementSummary, Published } from "../node/mod.ts";
import { type AdminClient, brokenOff, connectAdmin, errorFrom } from "./admin_client.ts";
import type { SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { readJsonLines } from "./ndjson.ts";
import { printJson, ReportedError } from "./output.ts";
import { ByteProgress } from "./progress.ts";
import type { PublishCommand } from "./publish_args.ts";
import { warningText } from "./publish_warnings.ts";
import { absolute, loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { formatPairs, printable } from "./table.ts";

/** One line of the answer, as the contract has it. */
interface Item extends PublishWarnings {
  readonly path: string;
  readonly meta: string;
  readonly link: string;
  readonly fileRoot?: string;
  readonly size: number;
  readonly chunks: number;
  readonly url: string;
  readonly holders: number;
  /** With --hosts: how many places were bought, of how many. */
  readonly placement?: PlacementSummary;
  readonly chunkIds?: readonly string[];
}

export async function runPublish(
  { host, doors }: CommandContext,
  request: PublishCommand,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const client = await connectAdmin(dataDir, doors);
  const progress = new ByteProgress(host.stderr, settings.json);
  const items: Item[] = [];
  try {
    await interruptible(host, async (signal) => {
      for (const path of request.paths) {
        const asked = { path: absolute(path, host.cwd), ...termsOf(request) };
        const onShort = (bytes: number, roomBytes: number): void =>
          void host.stderr.write(shortText(path, bytes, roomBytes));
        const published = await publishOne(client, asked, { progress, onShort }, signal);
        progress.stop();
        const item = toItem(path, published, client, request.chunkIds);
        items.push(item);
        if (!settings.json) await host.stdout.write(asText(item));
        await host.stderr.write(warningText(item));
      }
    });
  } catch (error) {
    progress.stop();
    // What is published stays so: the links must not be lost with the failure of a later path.
    if (!settings.json || items.length === 0 || !(error instanceof SkerryError)) throw error;
    const { code, message } = error;
    await printJson(host, { items, error: { code, message } });
    throw new ReportedError(code, message);
  }
  if (settings.json) await printJson(host, { items });
  return EXIT.done;
}

/** Amounts go as decimal text, since they may be more than a JSON number holds. */
const termsOf = ({ wait, hosting }: PublishCommand): Pick<PublishRequest, "wait" | "hosting"> => ({
  ...(wait !== undefined && { wait }),
  ...(hosting && { hosting: { ...hosting, budgetCb: String(hosting.budgetCb) } }),
});

async function publishOne(
  client: AdminClient,
  asked: PublishRequest,
  { progress, onShort }: {
    readonly progress: ByteProgress;
    /** Told once if there is more to publish than room. */
    readonly onShort: (bytes: number, roomBytes: number) => void;
  },
  signal: AbortSignal,
): Promise<Published & PublishWarnings> {
  const response = await client.request("/v1/publish", { method: "POST", json: asked, signal });
  let isShort = false;
  try {
    for await (const line of readJsonLines(response.body ?? new ReadableStream())) {
      const said = line as PublishLine;
      if (said.kind === "done") return said;
      if (said.kind === "error") throw errorFrom(said) ?? new SkerryError("REFUSED", said.detail);
      if (said.roomBytes !== undefined && !isShort) onShort(said.totalBytes, said.roomBytes);
      isShort ||= said.roomBytes !== undefined;
      progress.update(`${said.phase} ${said.path}`, said.doneBytes, said.totalBytes);
    }
  } catch (error) {
    if (error instanceof SkerryError) throw error;
    if (signal.aborted) throw new SkerryError("CANCELLED", `Interrupted: ${asked.path}`);
    throw brokenOff(error);
  }
  throw brokenOff();
}

function shortText(path: string, bytes: number, roomBytes: number): string {
  return `skerry: ${printable(path)} has ${formatSize(bytes)}, the store room for ` +
    `${formatSize(roomBytes)}: it fits only if much of it repeats or is published here already. ` +
    "More room: --store-bytes of skerry run, or skerry unpublish\n";
}

function toItem(
  path: string,
  published: Published & PublishWarnings,
  { node }: AdminClient,
  withChunkIds: boolean,
): Item {
  const { meta, link, fileRoot, size, chunks, chunkIds, holders, placement } = published;
  const { warnings, moreWarnings } = published;
  return {
    path,
    meta,
    link,
    ...(fileRoot === undefined ? {} : { fileRoot }),
    size,
    chunks,
    url: `${node.gateway}/file/${link}${isTree(published) ? "/" : ""}`,
    holders,
    ...(placement && { placement }),
    ...(withChunkIds ? { chunkIds } : {}),
    ...(warnings && { warnings }),
    ...(moreWarnings !== undefined && { moreWarnings }),
  };
}

/** Only files with bytes have a root. curl of a directory without the slash prints nothing: it does
 * not follow redirects. A tree of no bytes is not told from an empty file, and is redirected. */
function isTree({ fileRoot, size }: Published): boolean {
  return fileRoot === undefined && size > 0;
}

function asText(item: Item): string {
  const { path, meta, link, size, chunks, url, holders, chunkIds, placement } = item;
  const others = holders === 1 ? "1 other node holds" : `${holders} other nodes hold`;
  const pairs = formatPairs([
    ["  link", link],
    ["  meta", meta],
    ["  url", url],
    ["  size", `${formatSize(size)} in ${counted(chunks, "chunk")}`],
    ["  record", `${others} it`],
    ...(placement === undefined ? [] : [["  hosts", placedText(placement)] as const]),
  ]);
  const ids = (chunkIds ?? []).map((id) => `  ${id}\n`).join("");
  return `${printable(path)}\n${pairs}${ids}`;
}

function placedText({ placed, wanted, spentCb, reason }: PlacementSummary): string {
  const why = reason === undefined ? "" : `; the rest is tried again: ${reason}`;
  return `${placed} of ${wanted} places bought for ${spentCb} cb${why}`;
}
