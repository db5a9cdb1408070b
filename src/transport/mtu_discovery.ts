import { after, type Instant } from "../lib/mod.ts";
import { DATAGRAM_BYTES_BASE, DATAGRAM_BYTES_MAX } from "../wire/mod.ts";

/** Sizes worth probing (protocol.md §1): PPPoE in IPv6 and the like, IPv6 in IPv4, IPv6 and IPv4
 * over Ethernet, then jumbo frames. UDP payload bytes. */
const ETHERNET_IPV6 = 1452;
const ETHERNET_IPV4 = 1472;
const CANDIDATES: readonly number[] = [
  1372,
  1420,
  ETHERNET_IPV6,
  ETHERNET_IPV4,
  4052,
  DATAGRAM_BYTES_MAX,
];
/** RFC 8899 §5.1.2 MAX_PROBES and PMTU_RAISE_TIMER. */
const TRIES = 3;
const RAISE_MS = 600_000;
/** Losses of large packets in a row, while small ones arrive, that mean a black hole. */
const BLACK_HOLE_LOSSES = 6;

/** The largest UDP payload that our interface towards `ip` is sure to take in one piece: all that
 * is known of it is that loopback takes jumbo frames, and Ethernet 1,500 bytes. */
export function interfaceDatagramBytes(ip: string): number {
  if (ip === "::1" || ip.startsWith("127.")) return DATAGRAM_BYTES_MAX;
  return ip.includes(":") ? ETHERNET_IPV6 : ETHERNET_IPV4;
}

/** Finds the largest datagram the path carries (RFC 8899, search upward one size at a time). */
export class MtuDiscovery {
  #maxDatagramBytes: number;
  #datagramBytes: number;
  /** Index of the candidate being searched; past the end = search complete. */
  #candidate = 0;
  #tries = 0;
  #isProbeInFlight = false;
  #isEnabled = false;
  #resumeAt: Instant | undefined;
  #largeLosses = 0;
  #hasSmallArrived = false;

  /** @param maxDatagramBytes what the interface and the peer allow. */
  constructor(maxDatagramBytes: number) {
    this.#maxDatagramBytes = maxDatagramBytes;
    this.#datagramBytes = Math.min(DATAGRAM_BYTES_BASE, maxDatagramBytes);
  }

  /** Size of a full datagram on this path now. */
  get datagramBytes(): number {
    return this.#datagramBytes;
  }

  /** What the interface and the peer allow. */
  get maxDatagramBytes(): number {
    return this.#maxDatagramBytes;
  }

  /** Another path: it may carry less. */
  restart(): void {
    this.#datagramBytes = Math.min(DATAGRAM_BYTES_BASE, this.#datagramBytes);
    this.#candidate = 0;
    this.#tries = 0;
    this.#isProbeInFlight = false;
    this.#resumeAt = undefined;
    this.#largeLosses = 0;
    this.#hasSmallArrived = false;
  }

  /** The peer has told what it takes; nothing has been probed before. */
  allow(maxDatagramBytes: number): void {
    this.#maxDatagramBytes = maxDatagramBytes;
  }

  /** Bulk data is about to flow: larger datagrams are worth a few probes. */
  enable(): void {
    this.#isEnabled = true;
  }

  /** When a finished search may be taken up again. */
  get resumeAt(): Instant | undefined {
    return this.#resumeAt;
  }

  onResume(): void {
    this.#resumeAt = undefined;
    this.#tries = 0;
    const next = CANDIDATES.findIndex((bytes) => bytes > this.#datagramBytes);
    this.#candidate = next === -1 ? CANDIDATES.length : next;
  }

  /** Size of the probe that should be sent now, if one should. */
  get probeBytes(): number | undefined {
    if (!this.#isEnabled || this.#isProbeInFlight || this.#resumeAt !== undefined) return undefined;
    const bytes = CANDIDATES[this.#candidate];
    return bytes !== undefined && bytes <= this.#maxDatagramBytes ? bytes : undefined;
  }

  onProbeSent(): void {
    this.#isProbeInFlight = true;
    this.#tries++;
  }

  /** A probe of `bytes` arrived. */
  onProbeAcked(bytes: number): void {
    this.#isProbeInFlight = false;
    this.#tries = 0;
    if (bytes <= this.#datagramBytes) return;
    this.#datagramBytes = bytes;
    this.#largeLosses = 0;
    while ((CANDIDATES[this.#candidate] ?? Infinity) <= bytes) this.#candidate++;
  }

  onProbeLost(now: Instant): void {
    this.#isProbeInFlight = false;
    if (this.#tries >= TRIES) this.#resumeAt = after(now, RAISE_MS);
  }

  /** Any other packet of `bytes` arrived. */
  onAcked(bytes: number, now: Instant): void {
    if (bytes > DATAGRAM_BYTES_BASE) {
      this.#largeLosses = 0;
      this.#hasSmallArrived = false;
    } else if (this.#largeLosses > 0) {
      this.#hasSmallArrived = true;
      this.#fallBackIfBlackHole(now);
    }
  }

  /** Any other packet of `bytes` was lost. */
  onLost(bytes: number, now: Instant): void {
    if (bytes <= DATAGRAM_BYTES_BASE) return;
    this.#largeLosses++;
    this.#fallBackIfBlackHole(now);
  }

  #fallBackIfBlackHole(now: Instant): void {
    if (this.#largeLosses < BLACK_HOLE_LOSSES || !this.#hasSmallArrived) return;
    this.#datagramBytes = DATAGRAM_BYTES_BASE;
    this.#candidate = 0;
    this.#tries = 0;
    this.#largeLosses = 0;
    this.#hasSmallArrived = false;
    this.#resumeAt = after(now, RAISE_MS);
  }
}
