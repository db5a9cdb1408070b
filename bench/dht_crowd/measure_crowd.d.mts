export interface Crowd {
  /** One lookup, at a node and for a key drawn by lot. @returns how many providers were told. */
  readonly lookUp: () => Promise<number>;
  /** Of all nodes so far. */
  readonly datagrams: () => { readonly sent: number; readonly received: number };
  /** That came about so far; absent where nodes have no sessions. */
  readonly handshakes?: () => number;
  readonly lookups: number;
  readonly parallel: number;
}

export interface CrowdFigures {
  /** Rounds of so many lookups before those that count. */
  readonly warmRounds: number;
  /** One lookup at a time: from the question to the end of the lookup, the median. */
  readonly lookupMs: number;
  /** `parallel` at a time. */
  readonly lookupsPerSecond: number;
  /** For each second of processor time of the whole process. */
  readonly lookupsPerCpuSecond: number;
  /** Sent by anybody while those ran, divided by their number: the care of tables is in it. */
  readonly datagramsPerLookup: number;
  /** Received by anybody, for each second of processor time of the whole process. */
  readonly datagramsPerCpuSecond: number;
  /** With nodes that had no session yet; null where there are none. */
  readonly handshakesPerLookup: number | null;
  /** Lookups that found a provider. */
  readonly foundShare: number;
}

export function measureCrowd(crowd: Crowd): Promise<CrowdFigures>;
