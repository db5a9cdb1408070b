/** What the operating system allows this process; undefined where it does not tell. */
export interface SystemFacts {
  /** Soft limit of open files (RLIMIT_NOFILE). */
  readonly openFilesMax: number | undefined;
  /** Largest SO_RCVBUF and SO_SNDBUF that may be asked for, bytes. */
  readonly receiveBufferBytesMax: number | undefined;
  readonly sendBufferBytesMax: number | undefined;
  /** Whether a time service says that the wall clock is right. */
  readonly isClockSynchronised: boolean | undefined;
  readonly processors: number;
  readonly memoryBytes: number;
}
