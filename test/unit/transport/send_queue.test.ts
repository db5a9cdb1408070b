import { SendBuffer, type SendBufferOwner } from "../../../src/transport/send_buffer.ts";
import { SendQueue } from "../../../src/transport/send_queue.ts";
import { SentPacket } from "../../../src/transport/sent_packets.ts";
import { expect, test } from "../../support/harness.ts";

const HEAD_BYTES = 4;

function setUp(unsplitBytes = 0) {
  const sent: number[] = [];
  const queue = new SendQueue({
    headBytes: HEAD_BYTES,
    unsplitBytes,
    write: (buffer, start, length, out, at) => {
      out.set(buffer.bytes.subarray(start, start + length), at + HEAD_BYTES);
      return at + HEAD_BYTES + length;
    },
  });
  const owner: SendBufferOwner = {
    bufferSent: (buffer) => sent.push(buffer.id),
    bufferLost: (buffer) => queue.addLost(buffer),
    bufferDone: () => {},
  };
  const add = (id: number, length: number) => {
    const buffer = new SendBuffer(owner, id, 0, new Uint8Array(length).fill(id));
    queue.add(buffer);
    return buffer;
  };
  return { queue, sent, add };
}

function segmentsOf(packet: SentPacket): unknown[] {
  return Array.from({ length: packet.segmentCount }, (_, i) => [
    packet.buffers[i]?.id,
    packet.starts[i],
    packet.ends[i],
  ]);
}

const out = new Uint8Array(2_000);

test("a packet ends one buffer and begins the next, and is filled", () => {
  const { queue, sent, add } = setUp();
  add(1, 150);
  add(2, 500);
  const packet = new SentPacket();
  expect(queue.writeFresh(packet, out, 0, 400)).toBe(400);
  expect(segmentsOf(packet)).toEqual([[1, 0, 150], [2, 0, 242]]);
  expect(sent).toEqual([1]);
  expect(queue.unsentBytes).toBe(258);
  expect(queue.writeFresh(new SentPacket(), out, 0, 400)).toBe(262);
  expect([queue.hasFresh, sent]).toEqual([false, [1, 2]]);
});

test("a scrap of room is not worth a frame, unless it takes all that is left", () => {
  const { queue, add } = setUp();
  const packet = new SentPacket();
  add(1, 500);
  expect(queue.writeFresh(packet, out, 0, HEAD_BYTES + 63)).toBe(0);
  add(2, 10);
  expect(queue.writeFresh(packet, out, 0, HEAD_BYTES + 500)).toBe(504);
  expect(queue.writeFresh(packet, out, 0, HEAD_BYTES + 9)).toBe(0);
  expect(queue.writeFresh(packet, out, 0, HEAD_BYTES + 10)).toBe(14);
});

test("what fits one packet is not cut in two, what does not is", () => {
  const { queue, add } = setUp(300);
  add(1, 300);
  add(2, 301);
  expect(queue.writeFresh(new SentPacket(), out, 0, 200)).toBe(0);
  const packet = new SentPacket();
  expect(queue.writeFresh(packet, out, 0, 400)).toBe(400);
  expect(segmentsOf(packet)).toEqual([[1, 0, 300], [2, 0, 92]]);
});

test("lost ranges are sent again, in the packet size of the day", () => {
  const { queue, add } = setUp();
  const buffer = add(1, 500);
  queue.writeFresh(new SentPacket(), out, 0, 1_000);
  expect(queue.hasLost).toBe(false);
  buffer.resend(0, 300);
  buffer.resend(400, 450);
  const packet = new SentPacket();
  expect(queue.writeLost(packet, out, 0, 204)).toBe(204);
  expect(queue.writeLost(packet, out, 204, 1_000)).toBe(362);
  expect(segmentsOf(packet)).toEqual([[1, 0, 200], [1, 200, 300], [1, 400, 450]]);
  expect(queue.hasLost).toBe(false);
});

test("a buffer discarded half sent takes only its unsent half off the queue", () => {
  const { queue, add } = setUp();
  const first = add(1, 500);
  add(2, 100);
  queue.writeFresh(new SentPacket(), out, 0, 204);
  queue.discard(first);
  queue.discard(first);
  expect(queue.unsentBytes).toBe(100);
});

test("what was acknowledged or discarded while it waited is passed over", () => {
  const { queue, add } = setUp();
  const [first, second, third] = [add(1, 100), add(2, 100), add(3, 100)];
  queue.writeFresh(new SentPacket(), out, 0, 104);
  first.resend(0, 100);
  first.acked(0, 100);
  queue.discard(second);
  expect(queue.hasLost).toBe(false);
  expect(queue.unsentBytes).toBe(third.length);
  const packet = new SentPacket();
  queue.writeFresh(packet, out, 0, 1_000);
  expect(segmentsOf(packet)).toEqual([[3, 0, 100]]);
});
