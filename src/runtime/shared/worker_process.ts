import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import process from "node:process";
import type { ParentProcess, StartWorkerProcess } from "../../ports/mod.ts";
import { programArgs } from "./process_host.ts";

/** Child processes with a channel of node:child_process's own between them, which ends with either
 * of the two. */
export const startWorkerProcess: StartWorkerProcess = (args, events) => {
  const options: SpawnOptions = {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced", // structured clones: bytes stay bytes
  };
  const child: ChildProcess = spawn(process.execPath, [...programArgs(), ...args], options);
  let isOver = false;
  const over = (how: string): void => {
    if (isOver) return;
    isOver = true;
    events.onExit(how);
  };
  child.on("message", (message) => events.onMessage(message));
  child.on("error", (error) => over(error.message)); // it did not start
  child.on("exit", (code, signal) => over(signal ?? `exit code ${code}`));
  return {
    pid: child.pid ?? 0,
    send(message) {
      if (isOver || !child.connected) return;
      child.send(message as object, () => {}); // that it has gone is told by its exit
    },
    kill: () => void child.kill("SIGKILL"),
  };
};

/** The other end of startWorkerProcess; undefined in a process that it has not started. */
export function parentProcess(): ParentProcess | undefined {
  if (process.send === undefined) return undefined;
  return {
    send(message) {
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    },
    onMessage: (handler) => void process.on("message", handler),
    onGone: (handler) => void process.on("disconnect", handler),
  };
}
