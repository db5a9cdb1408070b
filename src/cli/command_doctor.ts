import { completeConfig, type Config, defaultStoreBytes } from "../config/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import { type NodeStatus, readDenylists, readIdentity } from "../node/mod.ts";
import { type AdminClient, connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import {
  type Check,
  check,
  checkCertificate,
  checkClock,
  checkDenylist,
  checkDisk,
  checkOpenFiles,
  checkPrivate,
  checkReachability,
} from "./doctor_checks.ts";
import { checkPorts } from "./doctor_ports.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext, Doors } from "./host.ts";
import { readKeptDefaults } from "./kept_defaults.ts";
import { printJson } from "./output.ts";
import { loadSettings } from "./settings.ts";
import { printable } from "./table.ts";
import { loadClients } from "./client_file.ts";
import { loadTls } from "./tls_files.ts";

/** Looks at everything a node stands on and changes nothing. Exit 1 if something keeps a node from
 * working; warnings alone are 0. */
export async function runDoctor(
  { host, doors }: CommandContext,
  _request: Extract<Request, { command: "doctor" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, origins, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const kept = await readKeptDefaults(dataDir, doors.files);
  const space = await doors.localFiles.space(dataDir);
  const config = completeConfig(
    settings,
    dataDir,
    kept ?? { udpPort: 0, storeBytes: defaultStoreBytes(space.freeBytes) },
  );
  const wanted = origins.network.from === "default" ? undefined : settings.network;
  const running = await findRunning(dataDir, doors);
  const checks = [
    ...await checkIdentity(dataDir, wanted, doors),
    await checkWallClock(dataDir, doors),
    checkDisk(
      space.freeBytes,
      space.totalBytes,
      running?.status.store.quotaBytes ?? config.storeBytes,
      running?.status.store.bytes ?? 0,
    ),
    ...(running === undefined ? await checkPorts(config, doors) : checkRunning(running)),
    ...await checkTls(config, doors),
    ...await checkClients(config, doors),
    checkOpenFiles(await doors.systemFacts(), doors.httpLimits),
    ...await checkDenylists(config.denylist, running?.status, doors),
  ];
  if (settings.json) await printJson(host, { checks });
  else await host.stdout.write(checks.map(asText).join(""));
  return checks.some(({ result }) => result === "failed") ? EXIT.failed : EXIT.done;
}

const SIGN = { ok: "ok     ", warning: "warning", failed: "FAILED " } as const;

function asText({ name, result, found, advice }: Check): string {
  const line = `${SIGN[result]}  ${name.padEnd(14)}  ${printable(found)}\n`;
  return advice === undefined ? line : `${line}${" ".repeat(25)}> ${printable(advice)}\n`;
}

interface Running {
  readonly client: AdminClient;
  readonly status: NodeStatus;
}

async function findRunning(dataDir: string, doors: Doors): Promise<Running | undefined> {
  try {
    const client = await connectAdmin(dataDir, doors);
    return { client, status: await client.getJson<NodeStatus>("/v1/status") };
  } catch (error) {
    if (error instanceof SkerryError && error.code === "NO_RUNNING_NODE") return undefined;
    throw error;
  }
}

async function checkIdentity(
  dataDir: string,
  network: string | undefined,
  { files }: Doors,
): Promise<Check[]> {
  const path = `${dataDir}/identity.json`;
  const modes = [
    checkPrivate("data directory", dataDir, await files.mode(dataDir)),
    checkPrivate("identity", path, await files.mode(path)),
  ];
  try {
    const record = await readIdentity(dataDir, files);
    if (record === undefined || network === undefined || record.network === network) return modes;
    const found = `belongs to network ${record.network}, not ${network}`;
    const advice = `use --network ${record.network}, or another --data`;
    return [...modes, check.failed("network", found, advice)];
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    return [...modes, check.failed("identity", "cannot be used", error.message)];
  }
}

/** The files as they are now: those of the running node, else those of the settings. */
async function checkDenylists(
  configured: readonly string[],
  status: NodeStatus | undefined,
  { localFiles }: Doors,
): Promise<Check[]> {
  const paths = status?.denylist?.files.map(({ path }) => path) ?? configured;
  if (paths.length === 0) return [];
  try {
    const { list } = await readDenylists(paths, localFiles);
    return [checkDenylist(list.size, undefined, status?.denylist)];
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    return [checkDenylist(0, error.message, status?.denylist)];
  }
}

async function checkWallClock(dataDir: string, doors: Doors): Promise<Check> {
  const written = await doors.localFiles.stat(`${dataDir}/identity.json`);
  const { isClockSynchronised } = await doors.systemFacts();
  return checkClock(doors.clock.unixMs(), written?.modifiedMs, isClockSynchronised);
}

function checkRunning({ client, status }: Running): Check[] {
  const { pid, listening, gateway } = client.node;
  const port = /:([0-9]+)$/.exec(listening)?.[1] ?? "";
  return [
    check.ok("node", `runs with pid ${pid}, gateway ${gateway}`),
    checkReachability(status.reachability, status.peers, port),
  ];
}

/** With TLS: both files are read as a start would read them. */
async function checkTls({ tls }: Config, doors: Doors): Promise<Check[]> {
  if (tls === undefined) return [];
  try {
    const { facts } = await loadTls(tls, doors);
    return [checkCertificate(tls.certPath, facts, doors.clock.unixMs())];
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const advice = "give the certificate chain and its own private key, both as PEM";
    return [check.failed("certificate", error.message, advice)];
  }
}

/** With --client-file: it is read as a start would read it. */
async function checkClients({ clientFile }: Config, doors: Doors): Promise<Check[]> {
  if (clientFile === undefined) return [];
  try {
    const clients = await loadClients(clientFile, doors);
    return [check.ok("clients", `${clients.length} in ${clientFile}`)];
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const advice = "on each line a name, the SHA-256 of a token, the bytes a day (docs/gateway.md)";
    return [check.failed("clients", error.message, advice)];
  }
}
