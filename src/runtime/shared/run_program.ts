import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { concatBytes } from "../../lib/mod.ts";
import type { ProgramRun, RunProgram } from "../../ports/mod.ts";

const STDERR_BYTES_KEPT = 512;

/** Programs of the operator's, on either runtime. Each gets a process group of its own, so that a
 * script's children end with it. */
export const runProgram: RunProgram = (path, input, limits) =>
  new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(path, [], { stdio: ["pipe", "pipe", "pipe"], detached: true });
    } catch (error) {
      return resolve(notStarted(error));
    }
    const pieces: Uint8Array[] = [];
    let outputBytes = 0;
    let stderr = "";
    let killedFor: "timed_out" | "too_long" | undefined;
    const finish = (end: ProgramRun["end"], exitCode: number): void => {
      clearTimeout(timer);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      resolve({ end, exitCode, stdout: concatBytes(...pieces), stderr });
    };
    const kill = (why: "timed_out" | "too_long"): void => {
      if (killedFor !== undefined) return;
      killedFor = why;
      killGroup(child);
      finish(why, 128 + constants.signals.SIGKILL);
    };
    const timer = setTimeout(() => kill("timed_out"), limits.timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve(notStarted(error));
    });
    child.stdout?.on("data", (bytes: Uint8Array) => {
      if (killedFor !== undefined) return;
      outputBytes += bytes.length;
      if (outputBytes > limits.outputBytesMax) return kill("too_long");
      pieces.push(bytes.slice());
    });
    child.stderr?.on("data", (bytes: Uint8Array) => {
      stderr = (stderr + new TextDecoder().decode(bytes)).slice(-STDERR_BYTES_KEPT);
    });
    child.stdin?.on("error", () => {}); // it need not read what it is given
    child.stdin?.end(input);
    child.on("close", (code, signal) => {
      const killed = signal === null ? 1 : 128 + constants.signals[signal];
      finish("exited", code ?? killed);
    });
    // What it started may hold its pipes open after it has gone.
    child.on("exit", () => killGroup(child));
  });

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // nobody of the group is left
  }
}

function notStarted(error: unknown): ProgramRun {
  const stderr = error instanceof Error ? error.message : String(error);
  return { end: "not_started", exitCode: 1, stdout: new Uint8Array(), stderr };
}
