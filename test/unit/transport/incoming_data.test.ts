import { Fifo, type Instant } from "../../../src/lib/mod.ts";
import { ControlQueue } from "../../../src/transport/control_queue.ts";
import { FlowControl } from "../../../src/transport/flow_control.ts";
import { IncomingData } from "../../../src/transport/incoming_data.ts";
import { type ConnectionEvent, NO_STANDING, SharedBudget } from "../../../src/transport/mod.ts";
import {
  CHUNK_BYTES_MAX,
  DataFrame,
  drop,
  FRAME,
  OPEN_FETCHES_MAX,
  SLICE_BYTES,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 0 as Instant;
const REST_MS = 100;

function setUp(windowFactor = 0) {
  const control = new ControlQueue();
  const events = new Fifo<ConnectionEvent>();
  const budget = new SharedBudget(64 * CHUNK_BYTES_MAX);
  const flow = new FlowControl(budget);
  flow.update(windowFactor * CHUNK_BYTES_MAX, 0.5);
  const data = new IncomingData(control, flow, events);
  const start = (into: Uint8Array, bitmap: number, intoAt = 0) =>
    data.start({ id: new Uint8Array(20), bitmap, maxPrice: 0, into, intoAt }, NOW);
  const arrive = (requestId: number, offset: number, bytes: Uint8Array) => {
    const packet = new Uint8Array(bytes.length + 9);
    packet.set(bytes, 5);
    const frame = Object.assign(new DataFrame(), {
      requestId,
      offset,
      bytesAt: 5,
      length: bytes.length,
    });
    return data.onData(frame, packet, REST_MS, NOW);
  };
  const info = (requestId: number, chunkLength: number, status = 0) =>
    data.onFetchInfo(
      { requestId, status, chunkLength, factor: 0, queueMs: 5, balance: 0n, line: 0n },
      REST_MS,
      NOW,
    );
  const poll = () => {
    const all: ConnectionEvent[] = [];
    for (let event = events.shift(); event !== undefined; event = events.shift()) all.push(event);
    return all;
  };
  return { control, budget, flow, data, start, arrive, info, poll };
}

const SOURCE = Uint8Array.from({ length: CHUNK_BYTES_MAX }, (_, i) => (i * 7) ^ (i >> 9));

test("bytes are written to their place and each slice is told once, after FETCH_INFO", () => {
  const { arrive, data, info, poll, start, flow } = setUp();
  const into = new Uint8Array(CHUNK_BYTES_MAX);
  const id = start(into, 0b11) ?? -1;
  expect(id).toBe(0);
  arrive(id, SLICE_BYTES, SOURCE.subarray(SLICE_BYTES, 2 * SLICE_BYTES));
  expect(poll()).toEqual([]);
  info(id, CHUNK_BYTES_MAX);
  expect(poll()).toEqual([
    {
      kind: "fetch_info",
      requestId: id,
      status: 0,
      chunkLength: CHUNK_BYTES_MAX,
      queueMs: 5,
      standing: NO_STANDING,
    },
    { kind: "slice_received", requestId: id, slice: 1 },
  ]);
  expect(flow.outstandingBytes).toBe(SLICE_BYTES);
  arrive(id, 30_000, SOURCE.subarray(30_000, SLICE_BYTES));
  arrive(id, 0, SOURCE.subarray(0, 40_000));
  expect(poll()).toEqual([{ kind: "slice_received", requestId: id, slice: 0 }]);
  expect(into.subarray(0, 2 * SLICE_BYTES)).toEqual(SOURCE.subarray(0, 2 * SLICE_BYTES));
  expect([data.openFetches, flow.outstandingBytes]).toEqual([0, 0]);
  expect(data.arrivedBytes).toBe(2 * SLICE_BYTES);
  expect(data.strayBytes).toBe(10_000);
});

test("a slice told as whole is never written again, nor one that was not asked for", () => {
  const { arrive, info, poll, start, data } = setUp();
  const into = new Uint8Array(4 * SLICE_BYTES);
  const id = start(into, 0b101) ?? -1;
  info(id, into.length);
  arrive(id, 0, SOURCE.subarray(0, SLICE_BYTES));
  const junk = new Uint8Array(3 * SLICE_BYTES).fill(0xaa);
  arrive(id, 0, junk.subarray(0, SLICE_BYTES + 500)); // late, and reaching into slice 1
  expect(into.subarray(0, SLICE_BYTES)).toEqual(SOURCE.subarray(0, SLICE_BYTES));
  expect(into.subarray(SLICE_BYTES).every((byte) => byte === 0)).toBe(true);
  arrive(id, 2 * SLICE_BYTES, SOURCE.subarray(0, SLICE_BYTES));
  poll();
  arrive(id, 2 * SLICE_BYTES, junk); // the fetch is over
  expect(into.subarray(2 * SLICE_BYTES, 3 * SLICE_BYTES)).toEqual(SOURCE.subarray(0, SLICE_BYTES));
  expect(poll()).toEqual([]);
  expect(data.strayBytes).toBe(SLICE_BYTES + 500 + junk.length);
});

test("the last slice is as long as the object says; slices beyond it are refused", () => {
  const { arrive, info, poll, start, flow } = setUp();
  const into = new Uint8Array(CHUNK_BYTES_MAX); // the asker does not know the length
  const id = start(into, 0b111) ?? -1;
  info(id, SLICE_BYTES + 10);
  arrive(id, SLICE_BYTES, SOURCE.subarray(0, 10));
  arrive(id, 0, SOURCE.subarray(0, SLICE_BYTES));
  expect(poll().slice(1)).toEqual([
    { kind: "slice_refused", requestId: id, slice: 2, status: 1 },
    { kind: "slice_received", requestId: id, slice: 1 },
    { kind: "slice_received", requestId: id, slice: 0 },
  ]);
  expect(flow.outstandingBytes).toBe(0);
});

test("DATA that answers no FETCH of ours is written nowhere and told to nobody", () => {
  const { arrive, start, data, poll, flow } = setUp();
  const into = new Uint8Array(SLICE_BYTES);
  const id = start(into, 1) ?? -1;
  const outstanding = flow.outstandingBytes;
  for (const pushed of [id + 1, id + 2, 2 ** 30]) arrive(pushed, 0, SOURCE.subarray(0, 1_000));
  expect(into.every((byte) => byte === 0)).toBe(true);
  expect([data.strayBytes, poll(), flow.outstandingBytes]).toEqual([3_000, [], outstanding]);
});

test("DATA beyond `into` is not written", () => {
  const { arrive, start, data } = setUp();
  const backing = new Uint8Array(2_000);
  const id = start(backing.subarray(0, 1_000), 1) ?? -1;
  arrive(id, 500, new Uint8Array(501).fill(1));
  expect(backing.every((byte) => byte === 0)).toBe(true);
  expect(data.strayBytes).toBe(501);
});

test("a refusal ends the fetch or the slice", () => {
  const { data, info, poll, start, flow } = setUp();
  const into = new Uint8Array(2 * SLICE_BYTES);
  const refused = start(into, 0b11) ?? -1;
  info(refused, 0, 2);
  expect(poll()).toMatchObject([{ kind: "fetch_info", status: 2 }]);
  const half = start(into, 0b11) ?? -1;
  data.onSliceEnd({ requestId: half, slice: 0, status: 0 }, REST_MS, NOW); // only: all sent
  data.onSliceEnd({ requestId: half, slice: 0, status: 7 }, REST_MS, NOW);
  data.onSliceEnd({ requestId: half, slice: 0, status: 7 }, REST_MS, NOW);
  expect(poll()).toEqual([{ kind: "slice_refused", requestId: half, slice: 0, status: 7 }]);
  expect(flow.outstandingBytes).toBe(SLICE_BYTES);
  data.onSliceEnd({ requestId: half, slice: 1, status: 7 }, REST_MS, NOW);
  expect([data.openFetches, flow.outstandingBytes]).toEqual([0, 0]);
});

test("cancel() frees the credit, says CANCEL and stops all writing and telling", () => {
  const { arrive, budget, control, data, info, poll, start } = setUp();
  const into = new Uint8Array(SLICE_BYTES);
  const id = start(into, 1) ?? -1;
  data.cancel(id, NOW);
  data.cancel(id, NOW);
  info(id, SLICE_BYTES);
  arrive(id, 0, SOURCE.subarray(0, SLICE_BYTES));
  expect(into.every((byte) => byte === 0)).toBe(true);
  expect([poll().length, budget.usedBytes, data.openFetches]).toEqual([0, 0, 0]);
  const out = new Uint8Array(100);
  control.write([], out, 0, 100);
  expect(out[0]).toBe(FRAME.cancel); // and no FETCH before it
});

test("what is asked for is bounded by flow control and by 256 fetches", () => {
  const { start } = setUp();
  expect(start(new Uint8Array(CHUNK_BYTES_MAX), 0xffff)).toBe(0);
  expect(start(new Uint8Array(1), 1)).toBeUndefined();
  const wide = setUp(60);
  const into = new Uint8Array(10);
  for (let i = 0; i < OPEN_FETCHES_MAX; i++) expect(wide.start(into, 1)).toBe(i);
  expect([wide.data.mayStart, wide.start(into, 1)]).toEqual([false, undefined]);
  expect(wide.flow.outstandingBytes).toBe(10 * OPEN_FETCHES_MAX);
});

test("fetches begun and cancelled in a row pile up no more than a bound of frames", () => {
  const { control, data, start } = setUp();
  let begun = 0;
  for (; begun < 20_000; begun++) {
    const id = start(new Uint8Array(10), 1);
    if (id === undefined) break;
    data.cancel(id, NOW);
  }
  expect(data.mayStart).toBe(false);
  expect(control.length).toBeLessThan(10_000);
  control.clear();
  expect(start(new Uint8Array(10), 1)).toBeDefined();
});

test("a FETCH that may not have arrived holds back ids that the peer would take for old", () => {
  const { start, info } = setUp(60);
  const into = new Uint8Array(10);
  start(into, 1); // never answered
  let id = 1;
  for (;; id++) {
    if (start(into, 1) === undefined) break;
    info(id, 0, 1);
  }
  expect(id).toBe(1_024);
});

test("a slice in confetti is refused before it costs much", () => {
  const { arrive, start } = setUp();
  const id = start(new Uint8Array(SLICE_BYTES), 1) ?? -1;
  let result = undefined;
  for (let i = 0; result === undefined && i < 300; i++) {
    result = arrive(id, 2 * i, SOURCE.subarray(0, 1));
  }
  expect(result).toBe(drop("limit"));
});

test("a bitmap that asks beyond `into` is our bug, and takes nothing", () => {
  const { start, flow } = setUp();
  expect(() => start(new Uint8Array(SLICE_BYTES), 0b10)).toThrow(RangeError);
  expect(flow.outstandingBytes).toBe(0);
});

test("clear() settles everything", () => {
  const { arrive, budget, data, start } = setUp();
  const id = start(new Uint8Array(3 * SLICE_BYTES), 0b111) ?? -1;
  arrive(id, 0, SOURCE.subarray(0, 100));
  data.clear(NOW);
  expect([data.openFetches, budget.usedBytes]).toEqual([0, 0]);
});

test("one slice of a fetch may be called off: it is not written, the others come", () => {
  const { arrive, info, poll, start, data, flow, control } = setUp();
  const into = new Uint8Array(4 * SLICE_BYTES);
  const id = start(into, 0b111) ?? -1;
  info(id, CHUNK_BYTES_MAX);
  poll();
  arrive(id, 0, SOURCE.subarray(0, 100));
  const frames = control.length;
  expect(data.cancel(id, NOW, 0)).toBe(100);
  expect(data.cancel(id, NOW, 0)).toBe(0);
  expect(data.cancel(id, NOW, 5)).toBe(0);
  expect([flow.outstandingBytes, control.length]).toEqual([2 * SLICE_BYTES, frames]);
  into.fill(0xaa);
  arrive(id, 0, SOURCE.subarray(0, 2 * SLICE_BYTES));
  expect(into.subarray(0, SLICE_BYTES).every((byte) => byte === 0xaa)).toBe(true);
  const calledOffBytes = SLICE_BYTES - 100;
  expect(poll()).toEqual([{ kind: "slice_received", requestId: id, slice: 1, calledOffBytes }]);
  expect(data.cancel(id, NOW, 2)).toBe(0);
  expect([data.openFetches, flow.outstandingBytes, control.length]).toEqual([0, 0, frames + 1]);
});

test("of what is called off only bytes that have come count, at a price that was told", () => {
  const { arrive, info, poll, start, data } = setUp();
  const into = new Uint8Array(4 * SLICE_BYTES);
  const id = start(into, 0b1111) ?? -1;
  arrive(id, 0, SOURCE.subarray(0, 5_000));
  expect(data.cancel(id, NOW, 0)).toBe(0); // no price has been named
  expect(data.cancel(id, NOW, 1)).toBe(0);
  info(id, 3 * SLICE_BYTES + 10);
  expect(data.cancel(id, NOW, 3)).toBe(5_000);
  arrive(id, 3 * SLICE_BYTES, SOURCE.subarray(0, 500)); // ten bytes of it exist
  arrive(id, 4_000, SOURCE.subarray(0, 2_000)); // half of it once more
  arrive(id, 2 * SLICE_BYTES, SOURCE.subarray(0, 30));
  poll();
  expect(data.cancel(id, NOW)).toBe(1_000 + 10 + 30);
  expect(data.cancel(id, NOW)).toBe(0);
});

test("a buffer may begin at a later slice; one before it has no place", () => {
  const { arrive, info, poll, start } = setUp();
  const into = new Uint8Array(SLICE_BYTES);
  expect(() => start(into, 0b1, SLICE_BYTES)).toThrow(RangeError);
  expect(() => start(into, 0b100, SLICE_BYTES)).toThrow(RangeError);
  const id = start(into, 0b10, SLICE_BYTES) ?? -1;
  info(id, CHUNK_BYTES_MAX);
  poll();
  arrive(id, 0, SOURCE.subarray(0, 3 * SLICE_BYTES));
  expect(poll()).toEqual([{ kind: "slice_received", requestId: id, slice: 1 }]);
  expect(into).toEqual(SOURCE.slice(SLICE_BYTES, 2 * SLICE_BYTES));
});

test("progress counts what was asked for, over all fetches", () => {
  const { arrive, info, start, data } = setUp();
  const before = { outstandingBytes: 0, busySince: undefined, arrivedBytes: 0 };
  expect(data.progress).toEqual({ ...before, arrivedAt: undefined });
  const one = start(new Uint8Array(SLICE_BYTES), 1) ?? -1;
  start(new Uint8Array(SLICE_BYTES), 1);
  info(one, SLICE_BYTES);
  arrive(77, 0, SOURCE.subarray(0, 50));
  expect(data.progress.arrivedAt).toBeUndefined();
  arrive(one, 0, SOURCE.subarray(0, 50));
  arrive(one, 0, SOURCE.subarray(0, 50));
  expect(data.progress).toEqual({
    outstandingBytes: 2 * SLICE_BYTES - 50,
    busySince: NOW,
    arrivedBytes: 50,
    arrivedAt: NOW,
  });
  data.clear(NOW);
  expect(data.progress.outstandingBytes).toBe(0);
});
