/** Which controller decides how much is in flight (congestion.ts). */
export type CongestionControl = "cubic" | "bbr_lite";

/** What a connection is tuned by; the constants of an algorithm stand in its own file. */
export interface ConnectionConfig {
  /** Silence after which a connection is given up. Not sooner: who is asked once in a few minutes
   * by the same peers would pay a handshake each time, and a silent session costs 3 KB. Not later:
   * the number of those that are never used again grows with it (ADR 0186). */
  readonly idleTimeoutMs: number;
  /** How long probes may stay unanswered before the peer counts as gone. Far above any clog or
   * routing change that heals by itself; a fetch has its own, shorter patience. */
  readonly lostTimeoutMs: number;
  /** With fetches open, a PING after this much silence: who only receives would not notice that its
   * NAT has given it another address, and its peer not learn it. */
  readonly keepAliveMs: number;
  readonly congestionControl: CongestionControl;
  /** Ceiling of the congestion window: 1 Gbit/s at 250 ms; more would be queue, not speed. */
  readonly congestionWindowBytesMax: number;
  /** RTT assumed before the first sample (protocol.md §2.4). */
  readonly initialRttMs: number;
}

export const CONNECTION_DEFAULTS: ConnectionConfig = Object.freeze({
  idleTimeoutMs: 300_000,
  lostTimeoutMs: 30_000,
  keepAliveMs: 2_000,
  congestionControl: "cubic",
  congestionWindowBytesMax: 32 * 1_048_576,
  initialRttMs: 100,
});

/** Bytes of FETCH outstanding over all connections (protocol.md §2.3). */
export const RECEIVE_BUDGET_BYTES = 64 * 1_048_576;
