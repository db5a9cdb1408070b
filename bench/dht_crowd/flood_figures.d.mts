/** What a node says of itself: datagrams since its start. */
export interface ServedCount {
  readonly received: number;
  readonly sent: number;
}

export interface ServedCounters extends ServedCount {
  /** Of its whole process. */
  readonly cpuSeconds: number;
}

/** For each second of processor time that the node's process took. */
export interface FloodFigures {
  readonly receivedPerCpuSecond: number;
  readonly sentPerCpuSecond: number;
}

/** Starts the node in a process of its own, by this runtime and these arguments. */
export function startServed(...args: readonly string[]): {
  /** What it prints first. */
  where(): Promise<string>;
  counters(): Promise<ServedCounters>;
  stop(): void;
};

/** In that process: answers counters(), until the other end goes. */
export function serveCounters(count: () => ServedCount): Promise<void>;

export function floodFigures(counters: () => Promise<ServedCounters>): Promise<FloodFigures>;
