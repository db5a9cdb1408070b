import { formatSize } from "../config/mod.ts";
import { SkerryError, toBase32 } from "../lib/mod.ts";
import {
  type RemoteDirectory,
  type RemoteFile,
  TreeWriter,
  type WrittenTree,
} from "../node/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { parseContentTarget } from "./content_target.ts";
import { formatDuration } from "./duration.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { paidText, purchaseOf, within } from "./get_purchase.ts";
import type { CliHost, CommandContext } from "./host.ts";
import { printJson } from "./output.ts";
import { ByteProgress } from "./progress.ts";
import { AdminContent } from "./remote_content.ts";
import { absolute, loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { printable } from "./table.ts";

type GetRequest = Extract<Request, { command: "get" }>;
type Remote = RemoteFile | RemoteDirectory;

const STANDARD_OUTPUT = "-";

export async function runGet(
  { host, doors }: CommandContext,
  request: GetRequest,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const target = parseContentTarget(request.meta);
  const client = await connectAdmin(dataDir, doors);
  const purchase = purchaseOf(request, doors.clock);
  const content = new AdminContent(client, purchase);
  const progress = new ByteProgress(host.stderr, settings.json);
  const started = doors.clock.now();
  try {
    return await interruptible(
      host,
      within(purchase, async (signal) => {
        const remote = await content.describe(target, signal);
        if (request.output === STANDARD_OUTPUT) {
          return await toStandardOutput(host, content, remote, progress, signal);
        }
        const writer = new TreeWriter(doors.localFiles, content);
        const written = await writer.write(remote, absolute(request.output, host.cwd), {
          signal,
          overwrite: request.overwrite,
          onProgress: ({ path, doneBytes, totalBytes }) => {
            progress.update(path, doneBytes, totalBytes);
            purchase?.note(doneBytes, totalBytes);
          },
        });
        progress.stop();
        const seconds = (doors.clock.now() - started) / 1000;
        const paid = await purchase?.report(client, signal);
        if (settings.json) await printJson(host, { ...asJson(remote, written), ...paid });
        else await host.stdout.write(summary(written, seconds) + paidText(paid));
        return EXIT.done;
      }),
    );
  } finally {
    progress.stop();
  }
}

async function toStandardOutput(
  host: CliHost,
  content: AdminContent,
  remote: Remote,
  progress: ByteProgress,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (remote.kind === "directory") {
    const sentence = "A directory cannot go to standard output: name a path with -o";
    throw new SkerryError("INVALID_CONFIG", sentence);
  }
  let sent = 0;
  for await (const bytes of content.read(remote.strongId, 0, signal)) {
    await host.stdout.write(bytes);
    if (host.stdout.hasNoReader) return EXIT.done; // who has seen enough wants no more
    sent += bytes.length;
    progress.update(remote.name, sent, remote.size);
  }
  if (sent === remote.size) return EXIT.done;
  const sentence = `The node sent ${sent} bytes of a file that has ${remote.size}`;
  throw new SkerryError("HOLDERS_FAILED", sentence);
}

function asJson({ kind, strongId }: Remote, written: WrittenTree) {
  const { path, bytes, files, keptFiles } = written;
  return { path, kind, link: toBase32(strongId), size: bytes, files, keptFiles };
}

function summary({ path, files, keptFiles, bytes }: WrittenTree, seconds: number): string {
  const size = formatSize(bytes);
  const kept = files === 1 ? ", there already" : `, ${keptFiles} of ${files} files there already`;
  const what = (files === 1 ? size : `${files} files, ${size}`) + (keptFiles === 0 ? "" : kept);
  const rate = seconds > 0 ? `, ${formatSize(bytes / seconds)}/s` : "";
  return `${printable(path)}: ${what} in ${formatDuration(seconds)}${rate}\n`;
}
