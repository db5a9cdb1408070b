/** Plain counters of one Dht, since its start. */
export interface DhtStats {
  requestsSent: number;
  requestsResent: number;
  requestsFailed: number;
  repliesReceived: number;
  /** Answers nobody asked for, or from another node than was asked. */
  repliesUnexpected: number;
  requestsServed: number;
  recordsRefused: number;
  /** Signed records whose signature or key was false, brought or told. */
  recordsForged: number;
  lookupsStarted: number;
  lookupsFinished: number;
  lookupRounds: number;
  checksAsked: number;
  falseClaims: number;
  peersBlamed: number;
}

/** All zero. */
export function freshStats(): DhtStats {
  return {
    requestsSent: 0,
    requestsResent: 0,
    requestsFailed: 0,
    repliesReceived: 0,
    repliesUnexpected: 0,
    requestsServed: 0,
    recordsRefused: 0,
    recordsForged: 0,
    lookupsStarted: 0,
    lookupsFinished: 0,
    lookupRounds: 0,
    checksAsked: 0,
    falseClaims: 0,
    peersBlamed: 0,
  };
}
