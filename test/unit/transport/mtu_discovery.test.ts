import type { Instant } from "../../../src/lib/mod.ts";
import { interfaceDatagramBytes, MtuDiscovery } from "../../../src/transport/mtu_discovery.ts";
import { expect, test } from "../../support/harness.ts";

const at = (ms: number) => ms as Instant;

/** Probes on a path that carries `limit` bytes until there is nothing to probe. */
function search(mtu: MtuDiscovery, limit: number): number[] {
  const probes: number[] = [];
  for (let bytes = mtu.probeBytes; bytes !== undefined; bytes = mtu.probeBytes) {
    probes.push(bytes);
    mtu.onProbeSent();
    expect(mtu.probeBytes).toBeUndefined(); // one at a time
    if (bytes <= limit) mtu.onProbeAcked(bytes);
    else mtu.onProbeLost(at(0));
  }
  return probes;
}

test("the search goes up to what interface and path carry, with three tries for the last", () => {
  const ethernet = new MtuDiscovery(1_472);
  expect(ethernet.probeBytes).toBeUndefined(); // not before bulk data flows
  ethernet.enable();
  expect(search(ethernet, 9_000)).toEqual([1_372, 1_420, 1_452, 1_472]);
  expect([ethernet.datagramBytes, ethernet.resumeAt]).toEqual([1_472, undefined]);
  const tunnel = new MtuDiscovery(8_952);
  tunnel.enable();
  expect(search(tunnel, 1_400)).toEqual([1_372, 1_420, 1_420, 1_420]);
  expect([tunnel.datagramBytes, tunnel.resumeAt]).toEqual([1_372, at(600_000)]);
  tunnel.onResume();
  expect(search(tunnel, 9_000)).toEqual([1_420, 1_452, 1_472, 4_052, 8_952]);
});

test("only loopback is known to take more than an Ethernet frame", () => {
  expect(interfaceDatagramBytes("127.0.0.2")).toBe(8_952);
  expect(interfaceDatagramBytes("::1")).toBe(8_952);
  expect(interfaceDatagramBytes("192.0.2.1")).toBe(1_472);
  expect(interfaceDatagramBytes("2001:db8::1")).toBe(1_452);
});

test("a small interface is never exceeded", () => {
  const mtu = new MtuDiscovery(1_200);
  mtu.enable();
  expect(mtu.probeBytes).toBeUndefined();
  expect(mtu.datagramBytes).toBe(1_200);
});

test("six losses of large packets while small ones arrive mean a black hole", () => {
  const mtu = new MtuDiscovery(1_472);
  mtu.enable();
  search(mtu, 9_000);
  for (let i = 0; i < 10; i++) mtu.onLost(1_472, at(i));
  expect(mtu.datagramBytes).toBe(1_472); // all lost alike: the path may just be dead
  mtu.onAcked(1_200, at(10));
  expect(mtu.datagramBytes).toBe(1_200);
  expect(mtu.probeBytes).toBeUndefined(); // not again for ten minutes
  expect(mtu.resumeAt).toBe(at(600_010));
});

test("losses between large packets that arrive are only losses", () => {
  const mtu = new MtuDiscovery(1_472);
  mtu.enable();
  search(mtu, 9_000);
  for (let i = 0; i < 50; i++) {
    mtu.onLost(1_472, at(i));
    mtu.onAcked(1_100, at(i));
    if (i % 5 === 4) mtu.onAcked(1_472, at(i));
  }
  expect(mtu.datagramBytes).toBe(1_472);
});
