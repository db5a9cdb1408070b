import { type Address, SeededRandom } from "../../../src/lib/mod.ts";
import type { DatagramHandlers } from "../../../src/ports/mod.ts";
import {
  FAULT_MENUS,
  type LinkModel,
  NodeClock,
  VirtualClock,
  VirtualNetwork,
} from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";
const C = "2001:db8::3";
const CALM = FAULT_MENUS.calm.link;

function makeNetwork(link: LinkModel = CALM, seed = 1) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, random: new SeededRandom(seed), link });
  return { clock, network };
}

/** Handlers that keep what arrives. */
function keeper() {
  const got: { readonly text: string; readonly from: Address }[] = [];
  const batches: number[] = [];
  let drains = 0;
  const handlers: DatagramHandlers = {
    onDatagram: (bytes, from) => got.push({ text: new TextDecoder().decode(bytes), from }),
    onBatchEnd: () => batches.push(got.length),
    onDrain: () => drains++,
  };
  return { got, batches, handlers, drains: () => drains };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a datagram goes from one machine to the other and back", () => {
  const { clock, network } = makeNetwork();
  const a = keeper(), b = keeper();
  const socketA = network.addHost(A).bind(0, a.handlers);
  const socketB = network.addHost(B).bind(4_000, b.handlers);
  expect(socketA.send({ ip: B, port: 4_000 }, bytesOf("hello"), 1_200)).toBe(5);
  clock.advance(19.9);
  expect(b.got).toEqual([]);
  clock.advance(0.2);
  expect(b.got).toEqual([{ text: "hello", from: socketA.localAddress }]);
  socketB.send(b.got[0]?.from as Address, bytesOf("hi"), 1_200);
  clock.advance(20);
  expect(a.got.map(({ text }) => text)).toEqual(["hi"]);
  expect(network.counts).toMatchObject({ sent: 2, arrived: 2, sentBytes: 7, arrivedBytes: 7 });
});

test("a train is cut into segments and handed over in batches", () => {
  const { clock, network } = makeNetwork();
  const b = keeper();
  const socket = network.addHost(A).bind(0, keeper().handlers);
  network.addHost(B).bind(1, b.handlers);
  expect(socket.send({ ip: B, port: 1 }, bytesOf("aaabbbcc"), 3)).toBe(8);
  clock.advance(20);
  expect(b.got.map(({ text }) => text)).toEqual(["aaa", "bbb", "cc"]);
  expect(b.batches).toEqual([3]);
  socket.send({ ip: B, port: 1 }, new Uint8Array(40), 1);
  clock.advance(20);
  expect(b.batches).toEqual([3, 35, 43]); // 32 per wake-up, then the rest
});

test("bytes are the sender's again after send, and the receiver's only during the call", () => {
  const { clock, network } = makeNetwork();
  let kept: Uint8Array | undefined;
  let seen = "";
  network.addHost(B).bind(1, {
    ...keeper().handlers,
    onDatagram: (bytes) => {
      kept = bytes;
      seen = new TextDecoder().decode(bytes);
    },
  });
  const bytes = bytesOf("mine");
  network.addHost(A).bind(0, keeper().handlers).send({ ip: B, port: 1 }, bytes, 1_200);
  bytes.fill(0);
  clock.advance(20);
  expect(seen).toBe("mine");
  expect(kept).toEqual(new Uint8Array(4).fill(0xdb));
});

test("binding keeps the port's law", async () => {
  const { network } = makeNetwork();
  const host = network.addHost(A);
  const socket = await host.open({ host: "0.0.0.0", port: 9 }, keeper().handlers);
  expect(socket.localAddress).toEqual({ ip: A, port: 9 });
  const again = host.open({ host: A, port: 9 }, keeper().handlers);
  await expect(again).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
  const foreign = host.open({ host: B, port: 9 }, keeper().handlers);
  await expect(foreign).rejects.toMatchObject({ code: "INVALID_CONFIG" });
  socket.close();
  socket.close();
  expect(socket.send({ ip: B, port: 1 }, new Uint8Array(1), 1)).toBe(0);
  host.bind(9, keeper().handlers);
  expect(host.bind(0, keeper().handlers).localAddress.port).toBeGreaterThan(49_151);
  expect(() => host.bind(0, keeper().handlers).send({ ip: B, port: 1 }, new Uint8Array(1), 0))
    .toThrow(RangeError);
});

test("nobody there, nobody listening, and loopback", () => {
  const { clock, network } = makeNetwork();
  const a = keeper();
  const socket = network.addHost(A).bind(5, a.handlers);
  network.addHost(B);
  socket.send({ ip: "10.9.9.9", port: 1 }, new Uint8Array(1), 1);
  socket.send({ ip: B, port: 1 }, new Uint8Array(1), 1);
  socket.send({ ip: "127.0.0.1", port: 5 }, bytesOf("self"), 9);
  socket.send({ ip: A, port: 5 }, bytesOf("self too"), 9);
  clock.advance(100);
  expect(network.counts.drops.get("no_host")).toBe(1);
  expect(network.counts.drops.get("no_socket")).toBe(1);
  expect(a.got.map(({ text }) => text)).toEqual(["self", "self too"]);
});

test("a machine that stands still loses what its receive buffer cannot hold", () => {
  const { clock, network } = makeNetwork();
  const sleeper = new NodeClock(clock);
  const b = keeper();
  const socket = network.addHost(A).bind(0, keeper().handlers);
  network.addHost(B, { clock: sleeper, receiveBufferBytes: 20_000 }).bind(1, b.handlers);
  sleeper.pause(1_000);
  socket.send({ ip: B, port: 1 }, new Uint8Array(1_232 * 20), 1_232); // 2,000 charged each
  clock.advance(500);
  expect(b.got.length).toBe(0);
  expect(network.counts.drops.get("receive_buffer_full")).toBe(10);
  clock.advance(600);
  expect(b.got.length).toBe(10);
});

test("partitions: both ways, one way, one machine, mended one by one", () => {
  const { clock, network } = makeNetwork();
  const ips = [A, B, C];
  const machines = new Map(ips.map((ip) => {
    const kept = keeper();
    return [ip, { kept, socket: network.addHost(ip).bind(1, kept.handlers) }];
  }));
  /** Everybody writes to everybody; who was heard? */
  const heard = (): string[] => {
    for (const { kept } of machines.values()) kept.got.length = 0;
    for (const [from, { socket }] of machines) {
      for (const to of ips) if (to !== from) socket.send({ ip: to, port: 1 }, bytesOf(from), 99);
    }
    clock.advance(50);
    return [...machines].flatMap(([to, { kept }]) => kept.got.map(({ text }) => `${text}>${to}`))
      .sort();
  };
  const all = ips.flatMap((a) => ips.filter((b) => b !== a).map((b) => `${a}>${b}`)).sort();
  expect(heard()).toEqual(all);
  const mendOneWay = network.partition([A], [B, C], "a_to_b");
  expect(heard()).toEqual(all.filter((pair) => !pair.startsWith(A)));
  const mendBoth = network.partition([A], [C]);
  mendOneWay();
  expect(heard()).toEqual(all.filter((pair) => !(pair.includes(A) && pair.includes(C))));
  mendBoth();
  expect(heard()).toEqual(all);
  network.isolate(B);
  expect(heard()).toEqual(all.filter((pair) => !pair.includes(B)));
  network.heal();
  expect(heard()).toEqual(all);
});

test("an access line is shared by all paths of a machine", () => {
  const { clock, network } = makeNetwork();
  const access = { upBytesPerSecond: 128_000, queueBytes: 1e6 }; // 128 B on the wire = 1 ms
  const socket = network.addHost(A, { access }).bind(0, keeper().handlers);
  const arrivals: number[] = [];
  for (const ip of [B, C]) {
    network.addHost(ip).bind(1, {
      ...keeper().handlers,
      onDatagram: () => arrivals.push(clock.now()),
    });
  }
  for (const ip of [B, C]) socket.send({ ip, port: 1 }, new Uint8Array(300), 100);
  clock.advance(100);
  expect(arrivals.map((at) => Math.round(at * 1e6) / 1e6)).toEqual([21, 22, 23, 24, 25, 26]);
});

test("a slow downlink queues, and drops when its queue is full", () => {
  const { clock, network } = makeNetwork();
  const b = keeper();
  const access = { downBytesPerSecond: 128_000, queueBytes: 512 };
  const socket = network.addHost(A).bind(0, keeper().handlers);
  network.addHost(B, { access }).bind(1, b.handlers);
  socket.send({ ip: B, port: 1 }, new Uint8Array(2_000), 100);
  clock.advance(100);
  expect(b.got.length).toBe(4);
  expect(network.counts.drops.get("access_queue_full")).toBe(16);
});

test("short sends accept whole segments, and drain() says when to go on", () => {
  const { clock, network } = makeNetwork();
  const a = keeper(), b = keeper();
  const host = network.addHost(A);
  const socket = host.bind(0, a.handlers);
  network.addHost(B).bind(1, b.handlers);
  host.limitSends(() => 2);
  expect(socket.send({ ip: B, port: 1 }, bytesOf("aaabbbcc"), 3)).toBe(6);
  host.limitSends(() => 0);
  expect(socket.send({ ip: B, port: 1 }, bytesOf("cc"), 3)).toBe(0);
  host.limitSends(undefined);
  host.drain();
  expect(a.drains()).toBe(1);
  socket.send({ ip: B, port: 1 }, bytesOf("cc"), 3);
  clock.advance(20);
  expect(b.got.map(({ text }) => text)).toEqual(["aaa", "bbb", "cc"]);
});

test("a machine that is unplugged and comes back", () => {
  const { clock, network } = makeNetwork();
  const b = keeper(), later = keeper();
  const socket = network.addHost(A).bind(0, keeper().handlers);
  network.addHost(B).bind(1, b.handlers);
  const knock = (): void => {
    socket.send({ ip: B, port: 1 }, bytesOf("knock"), 99);
    clock.advance(30);
  };
  knock();
  network.removeHost(B);
  knock();
  network.addHost(B).bind(1, later.handlers);
  knock();
  expect([b.got.length, later.got.length]).toEqual([1, 1]);
});

test("one direction may have a model of its own", () => {
  const { clock, network } = makeNetwork();
  const b = keeper();
  const socket = network.addHost(A).bind(0, keeper().handlers);
  network.addHost(B).bind(1, b.handlers);
  network.setLink(A, B, { delay: { kind: "fixed", ms: 500 } });
  socket.send({ ip: B, port: 1 }, new Uint8Array(1), 1);
  clock.advance(499);
  expect(b.got.length).toBe(0);
  clock.advance(1);
  expect(b.got.length).toBe(1);
  network.setLink(A, B, undefined);
  network.clog(A, B, 100);
  socket.send({ ip: B, port: 1 }, new Uint8Array(1), 1);
  clock.advance(99);
  expect(b.got.length).toBe(1);
  clock.advance(1);
  expect(b.got.length).toBe(2);
});
