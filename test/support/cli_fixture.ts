import { HTTP_LIMITS } from "../../src/runtime/shared/http_limits.ts";
import { evaluatePuzzle, leadingZeroBits } from "../../src/identity/mod.ts";
import { SeededRandom, SkerryError } from "../../src/lib/mod.ts";
import type { CliHost, Doors, StopSignal, TextSink } from "../../src/cli/host.ts";
import { runCli } from "../../src/cli/cli.ts";
import type { OpenSqlite, Sqlite, WorkPool } from "../../src/ports/mod.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { MemoryDisk } from "./memory_disk.ts";

/** A standard stream that remembers. */
export class MemorySink implements TextSink {
  text = "";
  isTerminal = false;
  hasNoReader = false;
  /** What every write fails with. */
  fault: Error | undefined;
  columns = 100;

  write(data: string | Uint8Array): Promise<void> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    this.text += typeof data === "string" ? data : new TextDecoder().decode(data);
    return Promise.resolve();
  }
}

/** The process around a command, in memory. */
export class MemoryHost implements CliHost {
  argv: readonly string[] = [];
  environment: Record<string, string | undefined> = { HOME: "/home/u" };
  readonly cwd = "/work";
  readonly pid = 4711;
  readonly version = {
    version: "1.2.3",
    commit: "0123456789ab",
    runtime: "bun 9.9.9",
    target: "linux-x64",
  };
  readonly stdout = new MemorySink();
  readonly stderr = new MemorySink();
  readonly exits: number[] = [];
  readonly #handlers = new Set<(signal: StopSignal) => void>();

  onSignal(handler: (signal: StopSignal) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  readonly #hangups = new Set<() => void>();

  onHangup(handler: () => void): () => void {
    this.#hangups.add(handler);
    return () => void this.#hangups.delete(handler);
  }

  hangUp(): void {
    for (const handler of this.#hangups) handler();
  }

  signal(signal: StopSignal): void {
    for (const handler of this.#handlers) handler(signal);
  }

  get listeners(): number {
    return this.#handlers.size + this.#hangups.size;
  }

  /** Lines that the processes it spawns say, in order of spawning. */
  readonly spawnedLines: string[][] = [];
  readonly spawned: (readonly string[])[] = [];

  readonly spawnOwn = (args: readonly string[]) => {
    this.spawned.push(args);
    const lines = this.spawnedLines.shift() ?? [];
    return { nextLine: () => Promise.resolve(lines.shift()), stop: () => {} };
  };

  cpuMs(): number {
    return 0;
  }

  onInputEnd(): void {}

  exitNow(code: number): void {
    this.exits.push(code);
  }
}

/** The puzzles on the calling thread; a target that nobody meets searches until it is called
 * off. */
export function inlineWorkPool(): WorkPool {
  return {
    async mine(job, onProgress, signal) {
      for (let tries = 1;; tries++) {
        const nonce = job.startNonce + BigInt(tries - 1);
        const bits = leadingZeroBits(evaluatePuzzle(job.puzzle, job.publicKey, nonce));
        const best = { nonce, bits };
        if (bits >= job.targetBits || tries % 64 === 0) {
          onProgress({ tries, triesPerSecond: 100, nextNonce: nonce + 1n, best });
          await Promise.resolve();
        }
        if (bits >= job.targetBits) return best;
        if (signal?.aborted === true) throw new SkerryError("CANCELLED", "called off");
      }
    },
    evaluate: (puzzle, key, nonce) => Promise.resolve(evaluatePuzzle(puzzle, key, nonce)),
    close: () => Promise.resolve(),
  };
}

/** SQLite's exclusive lock and nothing else of it: what the data lock stands on. */
export function lockingSqlite(): OpenSqlite {
  const held = new Set<string>();
  return (path): Sqlite => {
    let isHolder = false;
    return {
      exec(sql) {
        if (!sql.startsWith("BEGIN EXCLUSIVE")) return;
        if (held.has(path)) throw new SkerryError("DATABASE_IN_USE", `${path} is locked`);
        held.add(path);
        isHolder = true;
      },
      prepare: () => {
        throw new Error("not needed here");
      },
      transaction: (body) => body(),
      close: () => void (isHolder && held.delete(path)),
    };
  };
}

const notHere = (what: string) => (): never => {
  throw new Error(`${what} is not part of this test`);
};

/** A host and doors in memory; a test replaces the doors it is about. */
export class CliFixture {
  readonly host = new MemoryHost();
  readonly files = new MemoryDisk();
  readonly clock = new VirtualClock();
  doors: Doors = {
    clock: this.clock,
    random: new SeededRandom(1),
    files: this.files,
    localFiles: this.files.local,
    openSqlite: lockingSqlite(),
    workPool: inlineWorkPool(),
    resolveName: () => Promise.resolve([]),
    openSocket: ({ host, port }) =>
      Promise.resolve({
        localAddress: { ip: host, port: port === 0 ? 50_000 : port },
        receiveBufferBytes: 16 * 2 ** 20,
        sendBufferBytes: 16 * 2 ** 20,
        send: notHere("sending"),
        close: () => Promise.resolve(),
      }),
    openBlobFiles: notHere("the store"),
    openLedgerFile: notHere("the ledger"),
    runProgram: notHere("a program"),
    serveHttp3: undefined,
    serveHttp: ({ host, port }) =>
      Promise.resolve({
        localAddress: { ip: host, port: port === 0 ? 40_000 : port },
        useTls() {},
        stop: () => Promise.resolve(),
      }),
    inspectTls: ({ certificate, privateKey }) => {
      const [, name = "", days = "90"] = /^cert of (\S+)(?: for (\d+) days)?/.exec(certificate) ??
        [];
      if (privateKey !== `key of ${name}`) {
        throw new SkerryError("INVALID_CONFIG", "TLS is not possible: they do not belong together");
      }
      const now = this.clock.unixMs();
      return { names: [name], notBeforeMs: now, expiresMs: now + Number(days) * 86_400_000 };
    },
    readMachineLoad: () => Promise.resolve({ perMinute: 0, processors: 4, isOnBattery: false }),
    openRankPool: inlineWorkPool,
    httpLimits: HTTP_LIMITS,
    systemFacts: () =>
      Promise.resolve({
        openFilesMax: 65_536,
        receiveBufferBytesMax: 2 ** 24,
        sendBufferBytesMax: 2 ** 24,
        isClockSynchronised: true,
        processors: 2,
        memoryBytes: 2 ** 33,
      }),
    fetch: () => Promise.reject(new TypeError("connection refused")),
    createLogger: (write) => ({
      log: (level, event, fields) => write(`${JSON.stringify({ level, event, ...fields })}\n`),
    }),
    portable: { openSocket: notHere("the portable socket"), usePrimitives: () => {} },
    createNode: notHere("the node"),
    workers: undefined,
    createFaces: notHere("the gateway"),
  };

  /** Runs one command line to its end. @returns the exit code. */
  run(...argv: string[]): Promise<number> {
    this.host.argv = argv;
    this.host.stdout.text = "";
    this.host.stderr.text = "";
    return runCli(this.host, this.doors);
  }

  /** Lets promises run until `isDone`; a command that never gets there is a failed test. */
  async settled(isDone: () => boolean): Promise<void> {
    for (let turn = 0; turn < 10_000; turn++) {
      await Promise.resolve();
      if (turn > 100 && isDone()) return;
    }
    throw new Error(`never settled:\n${this.out}${this.err}`);
  }

  get out(): string {
    return this.host.stdout.text;
  }

  get err(): string {
    return this.host.stderr.text;
  }
}
