import process from "node:process";
import { buildInfo } from "./build_info.ts";
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
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
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
    exitNow: (code: number): void => process.exit(code),
  };
}

function sink(stream: NodeJS.WriteStream) {
  let isBroken = false;
  // `skerry peers | head` ends the reader first: the rest is dropped, as other tools do.
  stream.on("error", () => void (isBroken = true));
  return {
    stream,
    isTerminal: stream.isTTY === true,
    get columns(): number | undefined {
      return stream.isTTY ? stream.columns : undefined;
    },
    write: (data: string | Uint8Array): Promise<void> =>
      new Promise((resolve) => {
        if (isBroken) resolve();
        else stream.write(data, () => resolve());
      }),
  };
}
