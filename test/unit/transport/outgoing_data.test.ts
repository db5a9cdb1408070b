import { Fifo } from "../../../src/lib/mod.ts";
import type { ConnectionEvent } from "../../../src/transport/mod.ts";
import { ControlQueue } from "../../../src/transport/control_queue.ts";
import { OutgoingData } from "../../../src/transport/outgoing_data.ts";
import { SentPacket } from "../../../src/transport/sent_packets.ts";
import { drop, OPEN_FETCHES_MAX, readFrames, SLICE_BYTES } from "../../../src/wire/mod.ts";
import { recordingHandler } from "../../support/frame_recorder.ts";
import { expect, test } from "../../support/harness.ts";

const SLICE = Uint8Array.from({ length: SLICE_BYTES }, (_, i) => i * 5);

function setUp() {
  const control = new ControlQueue();
  const events = new Fifo<ConnectionEvent>();
  const data = new OutgoingData(control, events);
  const fetch = (requestId: number, bitmap: number, idByte = 1) =>
    data.onFetch({ requestId, id: new Uint8Array(20).fill(idByte), bitmap, maxPrice: 0 });
  const controlFrames = () => {
    const out = new Uint8Array(10_000);
    const { handler, seen } = recordingHandler();
    readFrames(out, handler, 0, control.write([], out, 0, out.length));
    return seen;
  };
  return { control, events, data, fetch, controlFrames };
}

function sendAll(data: OutgoingData): SentPacket[] {
  const out = new Uint8Array(1_172);
  const packets: SentPacket[] = [];
  while (data.hasLost || data.hasFresh) {
    const packet = new SentPacket();
    data.writeFresh(packet, out, data.writeLost(packet, out, 0, out.length), out.length);
    packets.push(packet);
  }
  return packets;
}

function ack(packet: SentPacket): void {
  for (let i = 0; i < packet.segmentCount; i++) {
    packet.buffers[i]?.acked(packet.starts[i] ?? 0, packet.ends[i] ?? 0);
  }
}

test("a FETCH is told once; the same again is ignored, another under its id is not", () => {
  const { data, events, fetch } = setUp();
  expect(fetch(3, 0b101)).toBeUndefined();
  expect(fetch(3, 0b101)).toBeUndefined();
  expect(events.length).toBe(1);
  expect(events.shift()).toMatchObject({ kind: "fetch_requested", requestId: 3, bitmap: 0b101 });
  expect(fetch(3, 0b111)).toBe(drop("unexpected"));
  expect(fetch(3, 0b101, 2)).toBe(drop("unexpected"));
  data.onCancel(3);
  events.clear();
  expect(fetch(3, 0b101)).toBeUndefined(); // sent again though it had arrived
  expect(events.length).toBe(0);
});

test("a slice is taken if it is awaited, and the fetch ends when all is acknowledged", () => {
  const { data, fetch, controlFrames } = setUp();
  fetch(1, 0b11);
  expect(data.provideSlice(1, 0, SLICE)).toBe(true);
  expect(data.provideSlice(1, 0, SLICE)).toBe(false); // already
  expect(data.provideSlice(1, 2, SLICE)).toBe(false); // not asked for
  expect(data.provideSlice(2, 0, SLICE)).toBe(false); // no such fetch
  data.refuseSlice(1, 1, 9);
  const packets = sendAll(data);
  expect(data.openFetches).toBe(1);
  packets.forEach(ack);
  expect(data.openFetches).toBe(0);
  expect(controlFrames()).toEqual([
    ["onSliceEnd", { requestId: 1, slice: 1, status: 9 }],
    ["onSliceEnd", { requestId: 1, slice: 0, status: 0 }],
  ]);
});

test("what is provided comes back once: acknowledged, cancelled, or with the connection", () => {
  const { data, events, fetch } = setUp();
  const slices = Array.from({ length: 4 }, (_, i) => new Uint8Array(SLICE_BYTES).fill(i));
  const returned = () =>
    [...Array(events.length)].flatMap(() => {
      const event = events.shift();
      return event?.kind === "slice_returned" ? [event.bytes[0]] : [];
    });
  const provide = (requestId: number, slice: number) =>
    data.provideSlice(requestId, 0, slices[slice] ?? SLICE);
  for (const requestId of [1, 2, 3, 4]) fetch(requestId, 1);
  provide(1, 0);
  const packets = sendAll(data);
  expect(returned()).toEqual([]);
  packets.forEach(ack);
  packets.forEach(ack);
  expect(returned()).toEqual([0]);
  provide(2, 1);
  provide(3, 2);
  data.onCancel(2);
  expect(returned()).toEqual([1]);
  data.fetchInfo(4, { status: 1, chunkLength: 0, queueMs: 0 });
  expect(provide(4, 3)).toBe(false);
  data.clear();
  data.clear();
  expect(returned()).toEqual([2]);
});

test("a refusing FETCH_INFO ends the fetch", () => {
  const { data, fetch, controlFrames } = setUp();
  fetch(7, 0xffff);
  data.fetchInfo(7, { status: 1, chunkLength: 0, queueMs: 70_000 });
  data.fetchInfo(7, { status: 0, chunkLength: 5, queueMs: 0 }); // gone by now
  expect(controlFrames()).toEqual([["onFetchInfo", {
    requestId: 7,
    status: 1,
    chunkLength: 0,
    factor: 0,
    queueMs: 65_535,
    balance: 0n,
    line: 0n,
  }]]);
  expect([data.openFetches, data.sliceRoom]).toEqual([0, 0]);
});

test("slices behind the object's end are not awaited once its length is told", () => {
  const { data, fetch } = setUp();
  fetch(1, 0xffff);
  fetch(2, 0b110);
  data.fetchInfo(1, { status: 0, chunkLength: SLICE_BYTES + 1, queueMs: 0 });
  data.fetchInfo(2, { status: 0, chunkLength: SLICE_BYTES, queueMs: 0 });
  expect(data.openFetches).toBe(1);
  data.setWindow(1e9);
  expect(data.sliceRoom).toBe(2);
  expect(data.provideSlice(1, 2, SLICE)).toBe(false);
});

test("a cancelled fetch sends nothing more; a FETCH overtaken by its CANCEL is void", () => {
  const { data, events, fetch } = setUp();
  fetch(1, 1);
  data.provideSlice(1, 0, SLICE);
  const packet = new SentPacket();
  data.writeFresh(packet, new Uint8Array(1_000), 0, 1_000);
  data.onCancel(1);
  packet.buffers[0]?.resend(0, 900);
  expect([data.hasFresh, data.hasLost, data.openFetches]).toEqual([false, false, 0]);
  events.clear();
  data.onCancel(2);
  expect(fetch(2, 1)).toBeUndefined();
  expect(events.length).toBe(0);
});

test("slices are wanted when half of what is held is sent, and each time they run low", () => {
  const { data, fetch } = setUp();
  data.setWindow(4 * SLICE_BYTES);
  fetch(1, 0xffff);
  expect(data.takeWant()).toBe(true);
  expect(data.takeWant()).toBe(false); // told
  expect(data.sliceRoom).toBe(4);
  for (let slice = 0; slice < 4; slice++) data.provideSlice(1, slice, SLICE);
  expect([data.sliceRoom, data.takeWant()]).toEqual([0, false]);
  const out = new Uint8Array(1_200);
  let sent = 0;
  while (!data.takeWant()) {
    sent += data.writeFresh(new SentPacket(), out, 0, out.length);
  }
  expect(sent).toBeGreaterThanOrEqual(2 * SLICE_BYTES);
  expect(sent).toBeLessThan(2.1 * SLICE_BYTES);
  expect(data.sliceRoom).toBe(2);
  expect(data.takeWant()).toBe(false);
  for (let slice = 4; slice < 16; slice++) data.provideSlice(1, slice, SLICE);
  expect([data.sliceRoom, data.takeWant()]).toEqual([0, false]); // nothing is awaited any more
});

test("the room for slices follows the window within its bounds", () => {
  const { data, fetch } = setUp();
  for (let id = 0; id < 10; id++) fetch(id, 0xffff);
  const roomAt = (windowBytes: number) => {
    data.setWindow(windowBytes);
    return data.sliceRoom;
  };
  expect([roomAt(0), roomAt(10 * SLICE_BYTES), roomAt(1e9)]).toEqual([2, 10, 64]);
});

test("more unsent fetches than 256 are the peer's fault; finished ones do not count", () => {
  const { data, fetch } = setUp();
  const small = new Uint8Array(10);
  for (let id = 0; id < OPEN_FETCHES_MAX; id++) {
    expect(fetch(id, 1)).toBeUndefined();
    data.provideSlice(id, 0, small);
  }
  sendAll(data); // sent, not acknowledged: the peer may think them finished
  for (let id = 300; id < 300 + OPEN_FETCHES_MAX; id++) expect(fetch(id, 1)).toBeUndefined();
  expect(fetch(900, 1)).toBe(drop("limit"));
});

test("fetches opened and cancelled in a row pile up no more than a bound of answers", () => {
  const { control, data, fetch } = setUp();
  let result = undefined;
  let opened = 0;
  for (; result === undefined && opened < 20_000; opened++) {
    result = fetch(opened, 1);
    data.fetchInfo(opened, { status: 1, chunkLength: 0, queueMs: 0 });
  }
  expect(result).toBe(drop("no_room"));
  expect(control.length).toBeLessThan(10_000);
  control.clear();
  expect(fetch(opened, 1)).toBeUndefined();
});

test("a slice of no length, a longer one and a refusal without a reason are our bugs", () => {
  const { data, fetch } = setUp();
  fetch(1, 1);
  expect(() => data.provideSlice(1, 0, new Uint8Array(0))).toThrow(RangeError);
  expect(() => data.provideSlice(1, 0, new Uint8Array(SLICE_BYTES + 1))).toThrow(RangeError);
  expect(() => data.refuseSlice(1, 0, 0)).toThrow(RangeError);
});

test("clear() lets every slice go", () => {
  const { data, fetch } = setUp();
  fetch(1, 3);
  data.provideSlice(1, 0, SLICE);
  data.clear();
  expect([data.openFetches, data.hasFresh, data.sliceRoom, data.takeWant()])
    .toEqual([0, false, 0, false]);
});

test("a fetch that is ignored gets no answer, leaves nothing, and is not told again", () => {
  const { data, events, fetch, controlFrames } = setUp();
  fetch(1, 0b11);
  events.clear();
  data.ignoreFetch(1);
  data.ignoreFetch(7);
  fetch(1, 0b11);
  expect([data.openFetches, data.sliceRoom, events.length, controlFrames()]).toEqual([0, 0, 0, []]);
});
