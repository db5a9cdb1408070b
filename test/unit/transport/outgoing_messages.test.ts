import type { Instant } from "../../../src/lib/mod.ts";
import {
  OutgoingMessages,
  QUEUED_MESSAGE_BYTES_MAX,
  QUEUED_MESSAGES_MAX,
} from "../../../src/transport/outgoing_messages.ts";
import { SentPacket } from "../../../src/transport/sent_packets.ts";
import {
  MSG_BYTES_MAX,
  MSG_FRAME,
  PARTIAL_MESSAGE_BYTES_MAX,
  PARTIAL_MESSAGES_MAX,
  readU16,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 0 as Instant;
const out = new Uint8Array(1_200);

function ack(packet: SentPacket): void {
  for (let i = 0; i < packet.segmentCount; i++) {
    packet.buffers[i]?.acked(packet.starts[i] ?? 0, packet.ends[i] ?? 0);
  }
}

function sendAll(messages: OutgoingMessages): SentPacket[] {
  const packets: SentPacket[] = [];
  while (messages.hasFresh) {
    const packet = new SentPacket();
    messages.writeFresh(packet, out, 0, 1_172);
    packets.push(packet);
  }
  return packets;
}

test("messages are numbered in order and copied when queued", () => {
  const messages = new OutgoingMessages();
  const bytes = new Uint8Array(10).fill(7);
  expect(messages.send(bytes, 100, NOW)).toBe(true);
  bytes.fill(9);
  messages.send(bytes, 100, NOW);
  messages.writeFresh(new SentPacket(), out, 0, 1_172);
  const second = MSG_FRAME.bytes + 10;
  expect([readU16(out, 1), readU16(out, second + 1)]).toEqual([0, 1]);
  expect([out[MSG_FRAME.bytes], out[second + MSG_FRAME.bytes]]).toEqual([7, 9]);
  expect(messages.isEmpty).toBe(false);
});

test("long messages go out only as far as the peer agrees to hold their parts", () => {
  const messages = new OutgoingMessages();
  for (let i = 0; i < 6; i++) messages.send(new Uint8Array(MSG_BYTES_MAX), 100, NOW);
  const packets = sendAll(messages);
  const started = new Set(packets.flatMap((packet) => packet.buffers.map((each) => each?.id)));
  expect(started.size).toBe(Math.floor(PARTIAL_MESSAGE_BYTES_MAX / MSG_BYTES_MAX));
  packets.forEach(ack);
  expect(messages.hasFresh).toBe(true);
  sendAll(messages).forEach(ack);
  expect(messages.isEmpty).toBe(true);
});

test("no more than 64 long ones are under way, short ones wait behind them in order", () => {
  const messages = new OutgoingMessages();
  for (let i = 0; i <= PARTIAL_MESSAGES_MAX; i++) messages.send(new Uint8Array(2_000), 100, NOW);
  messages.send(new Uint8Array(5), 100, NOW);
  const packets = sendAll(messages);
  const ids = new Set(packets.flatMap((packet) => packet.buffers.map((each) => each?.id)));
  expect([...ids].sort((a = 0, b = 0) => a - b).at(-1)).toBe(PARTIAL_MESSAGES_MAX - 1);
  packets.forEach(ack);
  expect(sendAll(messages).length).toBeGreaterThan(0);
});

test("the queue is bounded in messages and in bytes", () => {
  const few = new OutgoingMessages();
  let queued = 0;
  while (few.send(new Uint8Array(MSG_BYTES_MAX), 100, NOW)) queued++;
  expect(queued).toBe(Math.floor(QUEUED_MESSAGE_BYTES_MAX / MSG_BYTES_MAX));
  const many = new OutgoingMessages();
  queued = 0;
  while (many.send(new Uint8Array(1), 100, NOW)) queued++;
  expect(queued).toBe(QUEUED_MESSAGES_MAX);
  sendAll(many).forEach(ack);
  expect(many.send(new Uint8Array(1), 100, NOW)).toBe(true);
});

test("an unanswered message holds back ids that the peer would take for old", () => {
  const messages = new OutgoingMessages();
  messages.send(new Uint8Array(1), 100, NOW);
  sendAll(messages); // never acknowledged
  let sent = 1;
  for (; sent < 5_000 && messages.send(new Uint8Array(1), 100, NOW); sent++) {
    sendAll(messages).forEach(ack);
  }
  expect(sent).toBe(QUEUED_MESSAGES_MAX);
});

test("a message of no length or beyond the frame's field is our bug", () => {
  const messages = new OutgoingMessages();
  expect(() => messages.send(new Uint8Array(0), 100, NOW)).toThrow(RangeError);
  expect(() => messages.send(new Uint8Array(MSG_BYTES_MAX + 1), 100, NOW)).toThrow(RangeError);
});

test("clear() forgets all, and late acknowledgements of it", () => {
  const messages = new OutgoingMessages();
  messages.send(new Uint8Array(5_000), 100, NOW);
  const packets = sendAll(messages);
  messages.clear();
  packets.forEach(ack);
  expect([messages.isEmpty, messages.hasFresh, messages.hasLost]).toEqual([true, false, false]);
});
