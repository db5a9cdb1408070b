import { asChunkId, type Instant, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import { FetchRequests } from "../../../../src/node/fetch/fetch_requests.ts";
import { SliceRequests } from "../../../../src/node/fetch/slice_requests.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { type Behaviour, FakeTransport, holder } from "../../../support/fake_transport.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const NOW = 7 as Instant;
const BYTES = new Uint8Array(3 * 65_536 + 100);
new SeededRandom(8).fill(BYTES);
const ID = asChunkId(new Uint8Array(20).fill(3));
const CHUNK = { id: ID, length: BYTES.length, sliceHashes: new Uint8Array() };
const OBJECTS = new Map([[toHex(ID), BYTES]]);
const ONE = 1 as ConnectionHandle, TWO = 2 as ConnectionHandle;

function fixture(...behaviours: Behaviour[]) {
  const known = behaviours.map((behaviour, i) => holder(i + 1, behaviour, OBJECTS));
  const transport = new FakeTransport(known);
  for (const one of known) transport.connect(one);
  const requests = new FetchRequests(transport);
  const buffer = new Uint8Array(BYTES.length);
  const heard: string[] = [];
  const arrived = new Map<string, Uint8Array>();
  const slices = new SliceRequests(CHUNK, buffer, requests, {
    arrived: (connection, slice, bytes) => void arrived.set(`${connection} ${slice}`, bytes),
    refused: (connection) => void heard.push(`refused ${connection}`),
    closed: (connection) => void heard.push(`closed ${connection}`),
  });
  const deliver = () =>
    transport.deliver((event) => {
      if (event.kind.startsWith("fetch") || event.kind.startsWith("slice_r")) {
        requests.handleEvent(event as never);
      } else if (event.kind === "closed") requests.handleEvent(event);
    });
  deliver();
  return { transport, requests, buffer, slices, heard, arrived, deliver };
}

describe("SliceRequests", () => {
  test("slices arrive in their place; a double in a place of its own", () => {
    const { slices, arrived, buffer, deliver, requests } = fixture("serve", "serve");
    expect(slices.start(ONE, 0b1011, NOW)).toBe(true);
    expect(slices.startDouble(TWO, 3, NOW)).toBe(true);
    deliver();
    expect([...arrived.keys()].sort()).toEqual(["1 0", "1 1", "1 3", "2 3"]);
    expect(arrived.get("1 3")?.buffer).toBe(buffer.buffer);
    expect(arrived.get("2 3")?.buffer).not.toBe(buffer.buffer);
    expect(arrived.get("2 3")).toEqual(BYTES.slice(3 * 65_536));
    expect(requests.openCount).toBe(0);
    expect([...slices.connections()]).toEqual([]);
  });

  test("of one request slices are called off singly, the last one with the request", () => {
    const { slices, transport, requests } = fixture("silent");
    slices.start(ONE, 0b111, NOW);
    slices.cancelSlice(ONE, 1, NOW);
    slices.cancelSlice(ONE, 1, NOW);
    slices.cancelSlice(ONE, 0, NOW);
    expect(transport.cancelledSlices.map(({ slice }) => slice)).toEqual([1, 0]);
    expect(requests.openCount).toBe(1);
    slices.cancelSlice(ONE, 2, NOW);
    expect(transport.cancelled.length).toBe(1);
    expect([requests.openCount, [...slices.connections()]]).toEqual([0, []]);
  });

  test("a refusal, a false length and a lost connection are told", () => {
    const { slices, heard, deliver, transport } = fixture("unknown", "silent");
    slices.start(ONE, 1, NOW);
    slices.start(TWO, 1, NOW);
    deliver();
    transport.close(TWO);
    deliver();
    expect(heard).toEqual(["refused 1", "closed 2"]);
    const short = fixture("serve");
    OBJECTS.set(toHex(ID), BYTES.slice(1));
    short.slices.start(ONE, 1, NOW);
    OBJECTS.set(toHex(ID), BYTES);
    short.deliver();
    expect(short.heard).toEqual(["refused 1"]);
  });

  test("cancelAll leaves nothing open and nothing writing", () => {
    const { slices, requests, transport, buffer, deliver } = fixture("slow", "slow");
    slices.start(ONE, 0b11, NOW);
    slices.start(TWO, 0b1100, NOW);
    slices.startDouble(TWO, 0, NOW);
    slices.cancelAll(NOW);
    transport.letSlowOnesSend(9);
    deliver();
    expect(requests.openCount).toBe(0);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    expect(slices.start(99 as ConnectionHandle, 1, NOW)).toBe(false);
  });
});
