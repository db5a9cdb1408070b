import type { Instant, PublicKey, Random, UnixMs } from "../lib/mod.ts";
import type { LocalKey, WorkClaim } from "../session/mod.ts";
import type { ConnectionConfig } from "./config.ts";

/** What an endpoint may hold at once. */
export interface EndpointLimits {
  /** Established sessions; beyond it the one silent for longest is closed. */
  readonly sessionsMax: number;
  /** Sessions answered by RESP whose first DATA has not come; the oldest gives way. */
  readonly halfOpenMax: number;
  readonly halfOpenPerKeyMax: number;
  /** Handshakes under way that we began; beyond it connect() fails. */
  readonly attemptsMax: number;
}

export const ENDPOINT_LIMITS: EndpointLimits = Object.freeze({
  sessionsMax: 16_384,
  halfOpenMax: 4096,
  halfOpenPerKeyMax: 16,
  attemptsMax: 1024,
});

export interface EndpointOptions {
  /** From localKeyOf(seed). */
  readonly identity: LocalKey;
  /** Our claim, told in every handshake. */
  readonly work: WorkClaim;
  /** Nodes of different networks cannot read one another's packets. */
  readonly networkName: string;
  readonly random: Random;
  /** The wall clock, for the time stamps of handshakes. It may jump. */
  readonly unixMs: () => UnixMs;
  readonly now: Instant;
  /** Network dev: loopback and private addresses are not counted towards limits by address and are
   * never asked for a cookie. */
  readonly exemptPrivateAddresses?: boolean;
  /** True for keys that get no session (bans). Their INITs are met with silence. */
  readonly isRefused?: (publicKey: PublicKey) => boolean;
  /** The largest UDP payload that our sockets take, told to peers. */
  readonly datagramBytesMax?: number;
  /** Ceiling on what is sent to those who buy, heads of IP and UDP included; none if absent. */
  readonly sellBytesPerSecond?: number | undefined;
  readonly limits?: Partial<EndpointLimits>;
  /** What every connection is tuned by; CONNECTION_DEFAULTS for what is absent. */
  readonly connection?: Partial<ConnectionConfig>;
}
