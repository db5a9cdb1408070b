import type { Instant } from "../lib/mod.ts";

/** How much may be in flight on one path. Bytes are whole datagrams. Packets arriving are reported
 * after the losses of the same ACK. */
export interface CongestionController {
  /** Never below 2 datagrams. */
  readonly windowBytes: number;
  readonly isInSlowStart: boolean;
  /** The window was cut at this instant: packets sent before it neither grow nor cut it. */
  readonly recoveryStartedAt: Instant | undefined;
  /** @param bytes newly acknowledged, of packets sent after recoveryStartedAt.
   * @param isWindowLimited whether the window, not the sender, was what held sending back. */
  onAcked(bytes: number, smoothedRttMs: number, isWindowLimited: boolean, now: Instant): void;
  /** @param packets newly lost. @param newestSentAt when the newest of them was sent. */
  onLost(packets: number, newestSentAt: Instant, now: Instant): void;
  /** A packet counted as lost has arrived after all. */
  onSpuriousLoss(sentAt: Instant): void;
  /** Nothing sent for three PTO has arrived (RFC 9002 §7.6). */
  onPersistentCongestion(): void;
  /** Another path: nothing is known of it (RFC 9000 §9.4). */
  restart(): void;
  /** Bytes per ms at which to send. */
  pacingRate(smoothedRttMs: number): number;
  /** The path carries datagrams of this size from now on. */
  setDatagramBytes(bytes: number): void;
}
