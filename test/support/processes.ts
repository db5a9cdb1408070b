import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Real nodes in real processes, for tests, benchmarks and the demo. */

/** Tests run the source unless SKERRY_BINARY names a compiled program. */
export const SOURCE_COMMAND: readonly string[] = [
  process.execPath,
  new URL("../../src/main_bun.ts", import.meta.url).pathname,
];

export function skerryCommand(): readonly string[] {
  const binary = process.env["SKERRY_BINARY"];
  return binary === undefined || binary === "" ? SOURCE_COMMAND : [binary];
}

export interface NodeProcess {
  readonly name: string;
  readonly uri: string;
  readonly gateway: string;
  readonly admin: string;
  readonly dataDir: string;
  readonly pid: number;
  /** What it has written to standard error so far: the log. */
  log(): string;
  /** Resident set, MiB. */
  rssMib(): number;
  /** SIGTERM, then waits. @returns the exit code, or undefined if a signal ended it. */
  stop(): Promise<number | undefined>;
  /** SIGKILL, then waits. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly bootstrap?: readonly string[];
  readonly flags?: readonly string[];
  readonly command?: readonly string[];
  readonly startupMs?: number;
}

/** A scratch directory that `remove` deletes. */
export function scratch(label: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `skerry-${label}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts `skerry run` on network dev on loopback with free ports and waits for its three lines. */
export async function startNode(options: StartOptions): Promise<NodeProcess> {
  const command = [...(options.command ?? skerryCommand())];
  const program = command.shift() ?? "";
  const args = [...command, "run", "--network", "dev", "--data", options.dataDir];
  args.push("--udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0");
  for (const uri of options.bootstrap ?? []) args.push("--bootstrap", uri);
  args.push("--replicas=0"); // copies would come where something is counted
  const child = spawn(program, [...args, ...(options.flags ?? [])], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let log = "";
  const exited = new Promise<number | undefined>((resolve) => {
    child.on("exit", (code) => resolve(code ?? undefined));
    child.on("error", () => resolve(127));
  });
  child.stderr.on("data", (bytes) => log += String(bytes));
  child.stdout.on("data", (bytes) => stdout += String(bytes));
  const line = (label: string): string | undefined =>
    new RegExp(`^${label} (\\S+)$`, "m").exec(stdout)?.[1];
  const deadline = Date.now() + (options.startupMs ?? 30_000);
  let isGone = false;
  void exited.then(() => isGone = true);
  while (line("admin") === undefined) {
    if (isGone || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`node ${options.name} did not start:\n${stdout}\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return describeNode(options, child, exited, () => log, line);
}

function describeNode(
  options: StartOptions,
  child: ChildProcess,
  exited: Promise<number | undefined>,
  log: () => string,
  line: (label: string) => string | undefined,
): NodeProcess {
  const pid = child.pid ?? 0;
  return {
    name: options.name,
    dataDir: options.dataDir,
    uri: line("listening") ?? "",
    gateway: (line("gateway") ?? "").replace(/\/$/, ""),
    admin: (line("admin") ?? "").replace(/\/$/, ""),
    pid,
    log,
    rssMib() {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
    },
    async stop() {
      // Not child.kill(): Deno then tells that signal, whatever the process exited with.
      if (child.exitCode === null) process.kill(pid, "SIGTERM");
      return await exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Waits until a node answers for its network: before that 503 is the right answer. */
export async function joined(node: NodeProcess): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if ((await fetch(`${node.gateway}/readyz`)).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${node.name} did not join:\n${node.log()}`);
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end, without a terminal. */
export function runCommand(
  command: readonly string[],
  options: { timeoutMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? 60_000,
      killSignal: "SIGKILL",
    });
    let stdout = "", stderr = "";
    child.stdout.on("data", (bytes) => stdout += String(bytes));
    child.stderr.on("data", (bytes) => stderr += String(bytes));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** Runs `skerry <args>` against the node of a data directory. */
export function skerry(dataDir: string, ...args: readonly string[]): Promise<CommandResult> {
  return runCommand([...skerryCommand(), ...args, "--data", dataDir, "--network", "dev"]);
}
