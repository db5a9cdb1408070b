/** Two network namespaces joined by an emulated link (linkemu/tun_net.c), for real processes on
 * real sockets. Linux, root, gcc and iproute2. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export interface LinkOptions {
  readonly rttMs: number;
  /** Of each direction's packets, at random; the same ones in each run. */
  readonly lossPercent: number;
  readonly megabitsPerSecond: number;
  /** Of the bottleneck in each direction; one round trip's worth if absent. */
  readonly queueBytes?: number;
}

/** A machine at one end of the link. */
export interface LinkEnd {
  readonly ip: string;
  /** Put before a command, it runs there. */
  readonly inside: readonly string[];
}

const SOURCE = new URL("./linkemu/tun_net.c", import.meta.url).pathname;
const READY_MS = 5_000;
const NAMESPACE = /^sklink(\d+)[ab]\b/;

/** Why no link can be had here; undefined if one can. */
export function whyNoLink(): string | undefined {
  if (process.platform !== "linux") return "an emulated link needs Linux";
  if (process.getuid?.() !== 0) return "an emulated link needs root, for network namespaces";
  if (!existsSync("/dev/net/tun")) return "an emulated link needs /dev/net/tun";
  for (const program of ["ip", "gcc"]) {
    if (!isThere(program)) return `an emulated link needs ${program}`;
  }
  if (!mayMakeNamespaces()) return "an emulated link needs the right to make network namespaces";
  return undefined;
}

const isThere = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** A container's root often may not. */
function mayMakeNamespaces(): boolean {
  const name = `sklink${process.pid}a`;
  const isMade = spawnSync("ip", ["netns", "add", name]).status === 0;
  if (isMade) spawnSync("ip", ["netns", "del", name]);
  return isMade;
}

export class EmulatedLink {
  readonly near: LinkEnd;
  readonly far: LinkEnd;
  readonly #emulator: ChildProcess;
  readonly #dir: string;

  private constructor(emulator: ChildProcess, dir: string) {
    this.#emulator = emulator;
    this.#dir = dir;
    this.near = { ip: ADDRESSES[0], inside: ["ip", "netns", "exec", nameOf("a")] };
    this.far = { ip: ADDRESSES[1], inside: ["ip", "netns", "exec", nameOf("b")] };
  }

  /** One at a time per process. @throws {Error} with what failed. */
  static async open(options: LinkOptions): Promise<EmulatedLink> {
    removeNamespaces();
    const dir = mkdtempSync(join(tmpdir(), "skerry-link-"));
    const program = join(dir, "tun_net");
    run("gcc", "-O2", "-pthread", "-o", program, SOURCE);
    const { rttMs, lossPercent, megabitsPerSecond } = options;
    const queueBytes = options.queueBytes ?? Math.round(rttMs * megabitsPerSecond * 125);
    const figures = [rttMs, lossPercent, megabitsPerSecond, queueBytes].map(String);
    const emulator = spawn(program, [nameOf("a"), nameOf("b"), ...figures]);
    const link = new EmulatedLink(emulator, dir);
    try {
      await isReady(emulator);
      addEnd("a", ADDRESSES[0], ADDRESSES[1]);
      addEnd("b", ADDRESSES[1], ADDRESSES[0]);
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  /** The emulator's, whose processor time the ends do not have. */
  get pid(): number {
    return this.#emulator.pid ?? 0;
  }

  close(): void {
    this.#emulator.kill("SIGKILL");
    for (const end of ["a", "b"]) spawnSync("ip", ["netns", "del", nameOf(end)]);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

const ADDRESSES = ["10.9.0.1", "10.9.0.2"] as const;

/** Of the namespace and of the device in it; 15 bytes at most. */
const nameOf = (end: string): string => `sklink${process.pid}${end}`;

/** Those of processes that ended without closing theirs. */
function removeNamespaces(): void {
  const { stdout } = spawnSync("ip", ["netns", "list"], { encoding: "utf8" });
  for (const line of stdout.split("\n")) {
    const [, pid] = NAMESPACE.exec(line) ?? [];
    if (pid === undefined || (existsSync(`/proc/${pid}`) && Number(pid) !== process.pid)) continue;
    spawnSync("ip", ["netns", "del", line.split(" ")[0] ?? ""]);
  }
}

function isReady(emulator: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (): void => reject(new Error(`the emulated link did not come up: ${said}`));
    const alarm = setTimeout(fail, READY_MS);
    const hear = (bytes: Uint8Array): void => {
      said += String(bytes);
      if (!said.includes("READY")) return;
      clearTimeout(alarm);
      resolve();
    };
    emulator.stdout?.on("data", hear);
    emulator.stderr?.on("data", hear);
    emulator.on("exit", fail);
  });
}

function addEnd(end: string, ip: string, peer: string): void {
  const name = nameOf(end);
  run("ip", "netns", "add", name);
  run("ip", "link", "set", name, "netns", name);
  const inside = (...args: string[]): void => run("ip", "-netns", name, ...args);
  inside("addr", "add", `${ip}/32`, "peer", peer, "dev", name);
  inside("link", "set", "lo", "up");
  // Sockets wait for room: a full device's queue is not the bottleneck's, which drops.
  inside("link", "set", name, "mtu", "1500", "txqueuelen", "10000", "up");
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
