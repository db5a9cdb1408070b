export interface Crowd {
  /** One lookup, at a node and for a key drawn by lot. @returns how many providers were told. */
  readonly lookUp: () => Promise<number>;
  /** Of all nodes so far. */
  readonly datagrams: () => { readonly sent: number; readonly received: number };
  readonly lookups: number;
  readonly parallel: number;
}

export interface CrowdFigures {
  /** One lookup at a time: from the question to the end of the lookup, the median. */
  readonly lookupMs: number;
  /** `parallel` at a time. */
  readonly lookupsPerSecond: number;
  /** Sent by anybody while those ran, divided by their number: the care of tables is in it. */
  readonly datagramsPerLookup: number;
  /** Received by anybody, for each second of processor time of the whole process. */
  readonly datagramsPerCpuSecond: number;
  /** Lookups that found a provider. */
  readonly foundShare: number;
}

export function measureCrowd(crowd: Crowd): Promise<CrowdFigures>;
