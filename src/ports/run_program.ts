export interface ProgramLimits {
  /** Then it is killed, and whatever it has started with it. */
  readonly timeoutMs: number;
  /** It is killed too if it writes more than this on its standard output. */
  readonly outputBytesMax: number;
}

export interface ProgramRun {
  readonly end: "exited" | "timed_out" | "too_long" | "not_started";
  /** 0 is success; 128 + the signal's number for one that was killed. */
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  /** The last 512 bytes of standard error, or why it could not be started: for the log. */
  readonly stderr: string;
}

/** Runs a program of the operator's: no shell, no arguments, `input` on its standard input, this
 * process's environment. Never rejects, never waits on the event loop, and leaves nothing running.
 * @param path absolute. */
export type RunProgram = (
  path: string,
  input: string,
  limits: ProgramLimits,
) => Promise<ProgramRun>;
