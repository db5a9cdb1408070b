import {
  completeConfig,
  type Config,
  defaultStoreBytes,
  misspelledVariables,
  showConfig,
  type ShownSetting,
} from "../config/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type { Request, SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { readKeptDefaults } from "./kept_defaults.ts";
import { printJson } from "./output.ts";
import { type RunningNode, startNode } from "./running_node.ts";
import { type LoadedSettings, loadSettings } from "./settings.ts";
import { formatTable } from "./table.ts";

type RunRequest = Extract<Request, { command: "run" }>;

/** SIGINT or SIGTERM, and --drain-wait behind it, to the end of the process: the contract says
 * within 10 s. */
const DRAIN_MS = 10_000;

export async function runRun(
  context: CommandContext,
  { printConfig }: RunRequest,
  flags: SettingFlags,
): Promise<ExitCode> {
  const loaded = await loadSettings(flags, context.host, context.doors.localFiles);
  for (const { name, meant } of misspelledVariables(context.host.environment)) {
    await context.host.stderr.write(`skerry: ${name} is no setting; did you mean ${meant}?\n`);
  }
  if (printConfig) return await printSettings(context, loaded);
  return await runNode(context, loaded);
}

async function printSettings(
  { host, doors }: CommandContext,
  loaded: LoadedSettings,
): Promise<ExitCode> {
  const kept = await readKeptDefaults(loaded.dataDir, doors.files);
  const assumed = kept ?? {
    udpPort: 0,
    storeBytes: defaultStoreBytes((await doors.localFiles.space(loaded.dataDir)).freeBytes),
  };
  const config = completeConfig(loaded.settings, loaded.dataDir, assumed);
  const shown = showConfig(loaded, config, kept);
  if (loaded.settings.json) await printJson(host, { settings: shown });
  else await host.stdout.write(configText(shown));
  return EXIT.done;
}

function configText(shown: readonly ShownSetting[]): string {
  return formatTable([
    { head: "setting", cell: (row: ShownSetting) => row.name },
    { head: "value", cell: (row) => row.value === "" ? "-" : row.value },
    { head: "from", cell: (row) => row.from },
  ], shown);
}

async function runNode(context: CommandContext, loaded: LoadedSettings): Promise<ExitCode> {
  const { host, doors } = context;
  const logger = doors.createLogger(
    (line) => void host.stderr.write(line),
    loaded.settings.logLevel,
  );
  const stop = new AbortController();
  let node: RunningNode | undefined;
  const end = (signal: string): void => {
    if (stop.signal.aborted) return host.exitNow(EXIT.interrupted);
    const within_seconds = loaded.settings.drainWait + DRAIN_MS / 1000;
    logger.log("info", "stopping", { signal, within_seconds });
    stop.abort();
  };
  const unlisten = host.onSignal(end);
  const unhang = host.onHangup(() => {
    // Who closes the terminal that shows a node wants it gone; a service is to read its files.
    if (host.stdout.isTerminal || host.stderr.isTerminal) {
      // It comes twice, from the shell and from the kernel: nobody is there to be in a hurry.
      if (!stop.signal.aborted) end("SIGHUP");
      return;
    }
    logger.log("info", "reloading", { signal: "SIGHUP" });
    void node?.reload();
  });
  try {
    node = await startNode(context, loaded, logger, stop.signal);
    // A node does not stop for having nobody to tell: node.json says the same.
    await announce(context, node, loaded.settings.json).catch((error: unknown) =>
      logger.log("warn", "not_announced", { reason: String(error) })
    );
    await aborted(stop.signal);
    await leave(context, node);
    return await drain(context, node);
  } finally {
    unlisten();
    unhang();
    await doors.workPool.close();
  }
}

async function announce(
  { host }: CommandContext,
  { file, config, isFirstNode }: RunningNode,
  isJson: boolean,
): Promise<void> {
  const { listening, gateway, admin } = file;
  if (isJson) return await printJson(host, { listening, gateway, admin, firstNode: isFirstNode });
  const first = isFirstNode ? firstNodeText(config, listening) : "";
  await host.stdout.write(
    `listening ${listening}\ngateway ${gateway}\nadmin ${admin}\n${first}`,
  );
}

function firstNodeText(config: Config, listening: string): string {
  return `No bootstrap node is known: this is the first node of network ${config.network}. ` +
    `Others join with --bootstrap ${listening}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** Whoever sends readers here by /readyz may look for another node before this one's door closes:
 * until then it is open as ever. */
async function leave({ doors }: CommandContext, node: RunningNode): Promise<void> {
  node.leave();
  const waitMs = node.config.drainWait * 1000;
  if (waitMs > 0) await new Promise<void>((resolve) => doors.clock.schedule(waitMs, resolve));
}

async function drain({ doors }: CommandContext, node: RunningNode): Promise<ExitCode> {
  let callOff = (): void => {};
  const late = new Promise<"late">((resolve) => {
    callOff = doors.clock.schedule(DRAIN_MS, () => resolve("late"));
  });
  const outcome = await Promise.race([node.stop().then(() => "stopped" as const), late]);
  callOff();
  if (outcome === "stopped") return EXIT.done;
  throw new SkerryError(
    "DRAINING",
    `The node did not stop within ${DRAIN_MS / 1000} s; it was cut`,
  );
}
