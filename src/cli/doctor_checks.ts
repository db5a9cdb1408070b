import { formatSize } from "../config/mod.ts";
import { counted } from "../lib/mod.ts";
import type { DenylistStatus } from "../node/mod.ts";
import type { HttpLimits, SystemFacts, TlsFacts } from "../ports/mod.ts";
import { formatDuration } from "./duration.ts";
import { openFilesAdvised, openFilesNeeded } from "./open_files.ts";
import { EXPIRY_WARNING_MS } from "./tls_files.ts";
import { timeText } from "./time_text.ts";

/** One finding. Advice comes with everything that is not ok. */
export interface Check {
  readonly name: string;
  readonly result: "ok" | "warning" | "failed";
  readonly found: string;
  readonly advice?: string;
}

const ok = (name: string, found: string): Check => ({ name, result: "ok", found });
const warning = (name: string, found: string, advice: string): Check => ({
  name,
  result: "warning",
  found,
  advice,
});
const failed = (name: string, found: string, advice: string): Check => ({
  name,
  result: "failed",
  found,
  advice,
});
export const check = { ok, warning, failed };

/** 30 ms at 1 Gbit/s: longer than the event loop is ever late. */
const UDP_BUFFER_BYTES = 4 * 2 ** 20;
/** Peers refuse a handshake whose time is further off (protocol.md §1). */
const CLOCK_ERROR_MS = 300_000;
/** This program did not exist before: 2026-01-01. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

/** @param writtenMs when the newest file of ours was written, unix ms. */
export function checkClock(
  nowMs: number,
  writtenMs: number | undefined,
  isSynchronised: boolean | undefined,
): Check {
  const shown = timeText(nowMs);
  const setIt = "set the clock, and let a time service (systemd-timesyncd, chrony) keep it right";
  if (nowMs < EARLIEST_MS) return failed("clock", `${shown}, which is past already`, setIt);
  if (writtenMs !== undefined && writtenMs > nowMs + CLOCK_ERROR_MS) {
    const late = formatDuration((writtenMs - nowMs) / 1000);
    return failed("clock", `${shown}, ${late} before our own files were written`, setIt);
  }
  if (isSynchronised === true) return ok("clock", `${shown}, kept by a time service`);
  const advice = "compare it with another clock: peers refuse one that is off by five minutes";
  return warning("clock", `${shown}; nothing here says that a time service keeps it`, advice);
}

/** @param storeBytes what the store may grow to, and `usedBytes` what it holds already. */
export function checkDisk(
  freeBytes: number,
  totalBytes: number,
  storeBytes: number,
  usedBytes: number,
): Check {
  const found = `${formatSize(freeBytes)} free of ${formatSize(totalBytes)}, ` +
    `store quota ${formatSize(storeBytes)}`;
  const missing = storeBytes - usedBytes - freeBytes;
  if (freeBytes < 64 * 2 ** 20) {
    return failed("disk", found, "free some space: below 64 MiB nothing can be stored or fetched");
  }
  if (missing <= 0) return ok("disk", found);
  const advice = `the disk is full before the quota is: free ${formatSize(missing)}, ` +
    `or lower --store-bytes`;
  return warning("disk", found, advice);
}

/** @param mode permission bits of a file or directory that should be the owner's alone. */
export function checkPrivate(name: string, path: string, mode: number | undefined): Check {
  if (mode === undefined) return ok(name, `${path}: none yet, the first run makes it`);
  const shown = `${path} has mode 0${mode.toString(8).padStart(3, "0")}`;
  if ((mode & 0o077) === 0) return ok(name, shown);
  return warning(name, `${shown}: other users may look into it`, `chmod go= ${path}`);
}

/** @param grantedBytes what the kernel gave a socket that asked for more; Linux reports twice the
 * usable size. */
export function checkUdpBuffers(grantedBytes: number | undefined, facts: SystemFacts): Check {
  const name = "udp buffers";
  const most = facts.receiveBufferBytesMax;
  const bytes = grantedBytes === undefined ? most : grantedBytes / 2;
  if (bytes === undefined) return ok(name, "the system does not tell their size");
  const found = `${formatSize(bytes)} to receive`;
  if (bytes >= UDP_BUFFER_BYTES) return ok(name, found);
  const size = 8 * 2 ** 20;
  const advice = `bursts beyond it are lost and sent again; allow ${formatSize(size)} with ` +
    `sysctl -w net.core.rmem_max=${size} net.core.wmem_max=${size}`;
  return warning(name, found, advice);
}

const DAY_MS = 86_400_000;

/** @param path of the certificate's file. */
export function checkCertificate(path: string, facts: TlsFacts, nowMs: number): Check {
  const name = "certificate";
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const found = `${path} is for ${facts.names.join(", ")}, until ${day(facts.expiresMs)}`;
  const renew = "renew it; a running node takes the new files within seconds";
  if (facts.expiresMs <= nowMs) return failed(name, `${found}: it has expired`, renew);
  if (facts.notBeforeMs > nowMs) {
    const wait = `${found}, but not before ${day(facts.notBeforeMs)}`;
    return failed(name, wait, "check this machine's clock, or take another certificate");
  }
  const days = Math.floor((facts.expiresMs - nowMs) / DAY_MS);
  if (facts.expiresMs - nowMs >= EXPIRY_WARNING_MS) return ok(name, found);
  return warning(name, `${found}: ${counted(days, "day")} left`, renew);
}

/** @param limits of one listener of the node. */
export function checkOpenFiles(facts: SystemFacts, limits: Required<HttpLimits>): Check {
  const most = facts.openFilesMax;
  if (most === undefined) return ok("open files", "the system does not tell its limit");
  const needed = openFilesNeeded(limits);
  const found = `at most ${most} at once`;
  if (most >= needed) return ok("open files", found);
  const full = `${found}; ${limits.connectionsMax} clients, the most there may be, take ${needed}`;
  const size = openFilesAdvised(limits);
  const advice = `clients are turned away when it is reached: ulimit -n ${size}, ` +
    `LimitNOFILE=${size} in a unit file, or docker run --ulimit nofile=${size}`;
  return warning("open files", full, advice);
}

/** @param fault why the files as they are now cannot be used. @param inForce of the node that runs,
 * if one does. */
export function checkDenylist(
  rules: number,
  fault: string | undefined,
  inForce: DenylistStatus | undefined,
): Check {
  const name = "denylist";
  const running = inForce === undefined ? "" : `; the node has ${inForce.rules} rules in force`;
  if (fault === undefined) return ok(name, `${rules} rules${running}`);
  const advice = inForce === undefined
    ? "mend or remove these lines: a node does not start with a list that it cannot use"
    : "mend or remove these lines: until then the list that was read before stays in force";
  return failed(name, `${fault}${running}`, advice);
}

/** What the running node knows of its own reachability. */
export function checkReachability(
  reachability: "unknown" | "public" | "nated",
  peers: number,
  port: string,
): Check {
  const name = "reachability";
  const seen = `${reachability}, ${counted(peers, "peer")}`;
  if (reachability === "public") return ok(name, seen);
  const forward = `forward UDP port ${port} to this machine, in the router and any firewall`;
  if (reachability === "nated") return warning(name, `${seen}: others cannot dial it`, forward);
  const advice = peers > 0
    ? `no peer has tried to dial it yet; if none ever does, ${forward}`
    : "no peer has called yet: give --bootstrap URI of a node that runs";
  return warning(name, seen, advice);
}
