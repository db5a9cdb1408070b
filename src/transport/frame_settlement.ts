import type { Instant } from "../lib/mod.ts";
import type { ControlQueue } from "./control_queue.ts";
import type { PacketFate } from "./loss_detection.ts";
import type { MtuDiscovery } from "./mtu_discovery.ts";
import type { OutgoingAnswers } from "./outgoing_answers.ts";
import type { ReceivedPackets } from "./received_packets.ts";
import type { SentPacket } from "./sent_packets.ts";

/** Settles what a packet carried once its fate is known: frames are sent again, never packets. */
export class FrameSettlement implements PacketFate {
  readonly #control: ControlQueue;
  readonly #received: ReceivedPackets;
  readonly #mtu: MtuDiscovery;
  readonly #answers: OutgoingAnswers;

  constructor(
    control: ControlQueue,
    received: ReceivedPackets,
    mtu: MtuDiscovery,
    answers: OutgoingAnswers,
  ) {
    this.#control = control;
    this.#received = received;
    this.#mtu = mtu;
    this.#answers = answers;
  }

  packetAcked(packet: SentPacket, now: Instant): void {
    for (let i = 0; i < packet.segmentCount; i++) {
      packet.buffers[i]?.acked(packet.starts[i] ?? 0, packet.ends[i] ?? 0);
    }
    for (const frame of packet.controls) frame.isAcked = true;
    this.#answers.onHeard();
    if (packet.ackedLargest !== undefined) this.#received.onAckAcked(packet.ackedLargest);
    if (packet.isMtuProbe) this.#mtu.onProbeAcked(packet.bytes);
    else this.#mtu.onAcked(packet.bytes, now);
  }

  packetLost(packet: SentPacket, now: Instant): void {
    if (packet.isMtuProbe) this.#mtu.onProbeLost(now);
    else this.#mtu.onLost(packet.bytes, now);
    if (!packet.isResent) this.packetProbed(packet);
  }

  packetProbed(packet: SentPacket): void {
    for (let i = 0; i < packet.segmentCount; i++) {
      packet.buffers[i]?.resend(packet.starts[i] ?? 0, packet.ends[i] ?? 0);
    }
    for (const frame of packet.controls) this.#control.resend(frame);
  }
}
