import type { Instant } from "../../../src/lib/mod.ts";
import { ControlFrame, ControlQueue } from "../../../src/transport/control_queue.ts";
import { FrameSettlement } from "../../../src/transport/frame_settlement.ts";
import { MtuDiscovery } from "../../../src/transport/mtu_discovery.ts";
import { OutgoingAnswers, UNHEARD_BYTES_MAX } from "../../../src/transport/outgoing_answers.ts";
import { ReceivedPackets } from "../../../src/transport/received_packets.ts";
import { SendBuffer } from "../../../src/transport/send_buffer.ts";
import { SentPacket } from "../../../src/transport/sent_packets.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 0 as Instant;

function setUp() {
  const control = new ControlQueue();
  const received = new ReceivedPackets();
  const mtu = new MtuDiscovery(1_472);
  const answers = new OutgoingAnswers();
  const owner = { bufferSent: () => {}, bufferLost: () => {}, bufferDone: () => {} };
  const buffer = new SendBuffer(owner, 1, 0, new Uint8Array(100));
  const frame = new ControlFrame(1, (_, at) => at);
  const packet = new SentPacket();
  packet.bytes = 1_200;
  packet.addSegment(buffer, 0, 60);
  packet.controls.push(frame);
  return {
    control,
    received,
    mtu,
    answers,
    buffer,
    frame,
    packet,
    fate: new FrameSettlement(control, received, mtu, answers),
  };
}

test("an acknowledged packet settles its bytes, its control frames and its ACK", () => {
  const { answers, buffer, fate, frame, packet, received } = setUp();
  while (!answers.wantsAck) {
    answers.add(new Uint8Array(UNHEARD_BYTES_MAX / 64));
    answers.write(new Uint8Array(2_000), 0, 2_000);
  }
  for (const number of [0, 2, 4]) received.onPacket(number, true, 100, NOW);
  packet.ackedLargest = 2;
  fate.packetAcked(packet, NOW);
  buffer.resend(0, 100);
  expect([buffer.lost.startOf(0), buffer.lost.endOf(0)]).toEqual([60, 100]);
  expect([frame.isAcked, answers.wantsAck]).toEqual([true, false]);
  expect(received.ranges.count).toBe(1);
});

test("a lost packet's frames are queued again, once", () => {
  const { buffer, control, fate, packet } = setUp();
  fate.packetProbed(packet);
  packet.isResent = true;
  expect([buffer.lost.size, control.length]).toEqual([60, 1]);
  buffer.lost.clear(); // a probe carried them
  fate.packetLost(packet, NOW);
  expect([buffer.lost.size, control.length]).toEqual([0, 1]);
});

test("MTU probes and their losses go to the search", () => {
  const { fate, mtu } = setUp();
  mtu.enable();
  const probe = new SentPacket();
  probe.isMtuProbe = true;
  probe.bytes = mtu.probeBytes ?? 0;
  mtu.onProbeSent();
  fate.packetLost(probe, NOW);
  expect(mtu.datagramBytes).toBe(1_200);
  mtu.onProbeSent();
  fate.packetAcked(probe, NOW);
  expect(mtu.datagramBytes).toBe(1_372);
});
