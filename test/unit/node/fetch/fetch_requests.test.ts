import type { Instant } from "../../../../src/lib/mod.ts";
import { FetchRequests, type FetchSink } from "../../../../src/node/fetch/fetch_requests.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { CountingPurse } from "../../../support/counting_purse.ts";
import { FakeTransport, holder } from "../../../support/fake_transport.ts";

const NOW = 0 as Instant;

function recorder(): { sink: FetchSink; heard: string[] } {
  const heard: string[] = [];
  const sink: FetchSink = {
    info: (status) => void heard.push(`info ${status}`),
    slice: (slice) => void heard.push(`slice ${slice}`),
    refused: (slice) => void heard.push(`refused ${slice}`),
    closed: () => void heard.push("closed"),
  };
  return { sink, heard };
}

test("answers reach whoever asked, and nobody after a cancel", () => {
  const peer = holder(1, "silent", new Map());
  const transport = new FakeTransport([peer]);
  const requests = new FetchRequests(transport);
  const connection = transport.connect(peer);
  const request = { id: new Uint8Array(20), bitmap: 1, maxPrice: 0, into: new Uint8Array(1) };
  const one = recorder(), two = recorder();
  const first = requests.start(connection, request, one.sink, NOW) ?? -1;
  const second = requests.start(connection, request, two.sink, NOW) ?? -1;
  expect(requests.openCount).toBe(2);
  requests.handleEvent({ kind: "slice_received", connection, requestId: first, slice: 3 });
  requests.cancel(connection, first, NOW);
  requests.cancel(connection, first, NOW);
  requests.handleEvent({ kind: "slice_received", connection, requestId: first, slice: 4 });
  const gone = { connection, publicKey: peer.publicKey, reason: "peer", code: 0 } as const;
  requests.handleEvent({ kind: "closed", ...gone });
  expect(one.heard).toEqual(["slice 3"]);
  expect(two.heard).toEqual(["closed"]);
  expect(transport.cancelled).toEqual([first]);
  expect(requests.openCount).toBe(0);
  expect(second).not.toBe(first);
  expect(requests.start(99 as ConnectionHandle, request, one.sink, NOW)).toBeUndefined();
});

test("what is called off is paid as far as it has come, what is abandoned is not", () => {
  const peer = holder(1, "silent", new Map());
  const transport = new FakeTransport([peer]);
  const purse = new CountingPurse();
  const requests = new FetchRequests(transport, purse);
  const connection = transport.connect(peer);
  const request = { id: new Uint8Array(20), bitmap: 0b111, into: new Uint8Array(3 * 65_536) };
  const start = () => requests.start(connection, request, recorder().sink, NOW) ?? -1;
  const [one, two] = [start(), start()];
  const told = { status: 0, chunkLength: 131_172, queueMs: 0 } as const;
  const standing = { factor: 1, balance: 0n, line: 0n };
  requests.handleEvent({ kind: "fetch_info", connection, requestId: one, standing, ...told });
  transport.calledOffBytes = 7;
  requests.cancelSlice(connection, one, 0, NOW);
  const slice = { kind: "slice_received", connection, requestId: one, slice: 2 } as const;
  requests.handleEvent({ ...slice, calledOffBytes: 20 });
  expect(purse.arrived.get(connection)).toBe(7 + 100 + 20);
  requests.cancel(connection, one, NOW);
  expect(purse.arrived.get(connection)).toBe(7 + 100 + 20 + 7);
  requests.abandon(connection, two, NOW);
  expect([purse.arrived.get(connection), purse.open]).toEqual([134, 0]);
});
