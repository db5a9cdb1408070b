import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { buildInfo } from "./build_info.ts";
import { explainOwnDisk } from "./disk_errors.ts";
import { readEnvironment } from "./env.ts";

type StopSignal = "SIGINT" | "SIGTERM";

/** The process that Bun or Deno started, as the command line sees it (cli/host.ts, CliHost). */
export function processHost() {
  return {
    argv: process.argv.slice(2),
    environment: readEnvironment(),
    cwd: process.cwd(),
    pid: process.pid,
    version: buildInfo(),
    stdout: sink(process.stdout, true),
    stderr: sink(process.stderr, false),
    onSignal(handler: (signal: StopSignal) => void): () => void {
      const interrupt = (): void => handler("SIGINT");
      const terminate = (): void => handler("SIGTERM");
      process.on("SIGINT", interrupt);
      process.on("SIGTERM", terminate);
      return () => {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", terminate);
      };
    },
    onHangup(handler: () => void): () => void {
      process.on("SIGHUP", handler);
      return () => void process.off("SIGHUP", handler);
    },
    cpuMs(): number {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    spawnOwn,
    onInputEnd(handler: () => void): void {
      process.stdin.on("end", handler).resume();
    },
    exitNow: (code: number): void => process.exit(code),
  };
}

/** @param isAnswer what it carries was asked for, so that losing it is a failure. */
function sink(stream: NodeJS.WriteStream, isAnswer: boolean) {
  let hasNoReader = false;
  // `skerry peers | head` ends the reader first: the rest is dropped, as other tools do.
  stream.on("error", ({ code }: NodeJS.ErrnoException) => void (hasNoReader ||= code === "EPIPE"));
  return {
    stream,
    get hasNoReader(): boolean {
      return hasNoReader;
    },
    isTerminal: stream.isTTY === true,
    get columns(): number | undefined {
      return stream.isTTY ? stream.columns : undefined;
    },
    write: (data: string | Uint8Array): Promise<void> =>
      new Promise((resolve, reject) => {
        if (hasNoReader) return resolve();
        stream.write(data, (error) => {
          const { code } = (error ?? {}) as NodeJS.ErrnoException;
          hasNoReader ||= code === "EPIPE";
          if (!error || hasNoReader || !isAnswer) resolve();
          else reject(explainOwnDisk("write to standard output", error));
        });
      }),
  };
}

/** Another process of this program. It holds the reading end of a pipe as its standard input, which
 * ends when we do. */
function spawnOwn(args: readonly string[]) {
  const child = spawn(process.execPath, [...programArgs(), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    nextLine: async (): Promise<string | undefined> => (await lines.next()).value,
    stop: (): void => void child.kill("SIGKILL"),
  };
}

/** What stands before our own arguments: nothing in the compiled executable, which is the program;
 * else the file that the runtime was told to run. */
export function programArgs(): string[] {
  const file = process.argv[1] ?? "";
  const { bun } = process.versions;
  if (bun !== undefined) return file.startsWith("/$bunfs/") ? [] : [file];
  return ["run", "--allow-all", "--unstable-net", file];
}
