/** Nodes as people run them: processes of the compiled executable, for the demo, the benchmarks
 * and the tests of the whole product. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What `skerry run --json` says once it listens. */
interface RunDocument {
  readonly listening: string;
  readonly gateway: string;
  readonly admin: string;
}

/** One of `skerry publish --json`'s items. */
export interface PublishedItem {
  readonly path: string;
  readonly meta: string;
  readonly link: string;
  readonly fileRoot?: string;
  readonly size: number;
  readonly chunks: number;
  readonly holders?: number;
}

export interface NodeProcessOptions {
  /** The executable. */
  readonly binary: string;
  /** The data directory; made if it is not there. */
  readonly data: string;
  /** Node URIs. */
  readonly bootstrap?: readonly string[];
  /** More flags of `skerry run`. */
  readonly flags?: readonly string[];
}

const START_MS = 30_000;
const STOP_MS = 15_000; // the contract is 10 s
const LOG_BYTES_KEPT = 64 * 1024;
const COMMAND_OUTPUT_BYTES_MAX = 64 * 2 ** 20;

/** A running node of network dev on loopback, its ports chosen by the system. */
export class NodeProcess {
  readonly data: string;
  readonly uri: string;
  readonly gateway: string;
  readonly admin: string;
  readonly #binary: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #log: () => string;

  constructor(
    options: NodeProcessOptions,
    child: ChildProcess,
    exited: Promise<number | null>,
    log: () => string,
    said: RunDocument,
  ) {
    this.data = options.data;
    this.#binary = options.binary;
    this.#child = child;
    this.#exited = exited;
    this.#log = log;
    this.uri = said.listening;
    this.gateway = said.gateway;
    this.admin = said.admin;
  }

  /** @throws {Error} with the end of its log if it does not listen within 30 s. */
  static async start(options: NodeProcessOptions): Promise<NodeProcess> {
    mkdirSync(options.data, { recursive: true });
    const parameters = [
      ...["run", "--json", "--network", "dev", "--data", options.data],
      ...["--udp", "127.0.0.1:0", "--http", "127.0.0.1:0"],
      ...(options.bootstrap ?? []).flatMap((uri) => ["--bootstrap", uri]),
      "--replicas=0", // copies would come where something is counted
      ...(options.flags ?? []),
    ];
    // A process group of its own: Ctrl-C reaches whoever started the nodes, and he stops them.
    const child = spawn(options.binary, parameters, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-LOG_BYTES_KEPT);
    });
    const exited = new Promise<number | null>((resolve) => {
      child.on("exit", resolve);
      child.on("error", (error) => {
        log += error.message;
        resolve(null);
      });
    });
    const said = await Promise.race([firstLine(child), exited.then(() => undefined)]);
    if (said === undefined) {
      child.kill("SIGKILL");
      throw new Error(`skerry ${parameters.join(" ")} did not start:\n${log}`);
    }
    const document = JSON.parse(said) as RunDocument | { readonly error: unknown };
    if ("error" in document) throw new Error(`skerry run said ${said}`);
    return new NodeProcess(options, child, exited, () => log, document);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last 64 KiB of its log lines. */
  get log(): string {
    return this.#log();
  }

  /** Resident memory now, bytes (VmRSS), and at its highest (VmHWM). Linux. */
  get memory(): { readonly residentBytes: number; readonly peakBytes: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const read = (name: string): number =>
      1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
    return { residentBytes: read("VmRSS"), peakBytes: read("VmHWM") };
  }

  /** Runs `skerry COMMAND… --json` against this node; the document it prints.
   * @throws {Error} with what it said if it exits with another code than 0. */
  command<T>(...parameters: readonly string[]): T {
    const all = [...parameters, "--json", "--data", this.data];
    const ran = spawnSync(this.#binary, all, {
      encoding: "utf8",
      maxBuffer: COMMAND_OUTPUT_BYTES_MAX,
    });
    if (ran.status !== 0) {
      throw new Error(`skerry ${all.join(" ")} exited with ${ran.status}: ${ran.stderr}`);
    }
    return JSON.parse(ran.stdout) as T;
  }

  publish(path: string, ...flags: readonly string[]): PublishedItem {
    const { items } = this.command<{ items: PublishedItem[] }>("publish", path, ...flags);
    const item = items[0];
    if (item === undefined) throw new Error(`skerry publish ${path} named no item`);
    return item;
  }

  /** SIGTERM, and waits for the end. @returns its exit code. @throws {Error} after 15 s. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), STOP_MS);
    });
    const outcome = await Promise.race([this.#exited, late]);
    clearTimeout(timer);
    if (outcome !== "late") return outcome;
    await this.kill();
    throw new Error(`node ${this.data} did not stop within ${STOP_MS} ms:\n${this.log}`);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

/** The first line on standard output; undefined after 30 s. */
function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), START_MS);
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      const end = text.indexOf("\n");
      if (end < 0) return;
      clearTimeout(timer);
      resolve(text.slice(0, end));
    });
  });
}

export interface Fetched {
  readonly status: number;
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** 1 MB = 10^6 bytes. */
  readonly megabytesPerSecond: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Fetches `url` with curl into the file `into`. @throws {Error} if curl itself fails. */
export function curl(url: string, into: string, ...flags: readonly string[]): Fetched {
  const head = join(into + ".head");
  const format = "%{http_code} %{size_download} %{time_starttransfer} %{time_total}";
  const parameters = ["-sS", "-o", into, "-D", head, "-w", format, ...flags, url];
  const ran = spawnSync("curl", parameters, { encoding: "utf8" });
  if (ran.error !== undefined) throw new Error(`curl cannot be run: ${ran.error.message}`);
  if (ran.status !== 0) throw new Error(`curl ${url} exited with ${ran.status}: ${ran.stderr}`);
  const [status = 0, bytes = 0, firstByte = 0, total = 0] = ran.stdout.split(" ").map(Number);
  const headers = new Map<string, string>();
  for (const line of readFileSync(head, "utf8").split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return {
    status,
    bytes,
    firstByteMs: 1000 * firstByte,
    totalMs: 1000 * total,
    megabytesPerSecond: bytes / 1e6 / total,
    headers,
  };
}
