/** Another process of this program that works for this one, seen from here. It ends when this
 * process does, however that ends. */
export interface WorkerProcess {
  readonly pid: number;
  /** Structured clones, in order. What the other end has not read yet waits in memory: whoever
   * sends bounds that by what is asked for. Does nothing once it has ended. */
  send(message: unknown): void;
  /** SIGKILL. */
  kill(): void;
}

export interface WorkerProcessEvents {
  onMessage(message: unknown): void;
  /** Told once. @param how it ended, for the log: `exit code 1`, `SIGKILL`. */
  onExit(how: string): void;
}

/** Starts this program anew with `args`. */
export type StartWorkerProcess = (
  args: readonly string[],
  events: WorkerProcessEvents,
) => WorkerProcess;

/** The process that started this one, seen from there. */
export interface ParentProcess {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** It has gone, or wants this one gone. */
  onGone(handler: () => void): void;
}
