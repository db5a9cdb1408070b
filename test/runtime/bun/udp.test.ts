import { networkInterfaces } from "node:os";
import { forbidFragments } from "../../../src/runtime/bun/socket_buffers.ts";
import { openBunSocket, openPortableBunSocket } from "../../../src/runtime/bun/udp.ts";
import { datagramSocketConformance } from "../../conformance/datagram_socket.ts";
import { expect, test } from "../../support/harness.ts";

datagramSocketConformance("Bun.udpSocket", openBunSocket, process.platform === "linux");
datagramSocketConformance("Bun.udpSocket without the kernel's help", openPortableBunSocket);

test("a datagram that fits no frame is refused by the kernel, not cut in pieces", async () => {
  if (process.platform !== "linux") return;
  const socket = await Bun.udpSocket({ hostname: "0.0.0.0", port: 0, socket: { error() {} } });
  const { fd } = socket as unknown as { readonly fd: number };
  expect(forbidFragments(fd)).toBe(true);
  const [small, large] = [new Uint8Array(1_200), new Uint8Array(20_000)];
  expect(socket.send(large, socket.port, "127.0.0.1")).toBe(true); // loopback takes 65,536
  const outside = Object.values(networkInterfaces()).flat()
    .find((each) => each?.family === "IPv4" && !each.internal);
  if (outside !== undefined) { // a machine off the net has no frame to fit
    const neighbour = outside.address.replace(/\d+$/, (last) => `${Number(last) ^ 1}`);
    expect(socket.send(small, 9, neighbour)).toBe(true);
    expect(() => socket.send(large, 9, neighbour)).toThrow("EMSGSIZE");
  }
  socket.close();
});

test("a dead peer's ICMP errors do not cost a living one its datagrams", async () => {
  if (process.platform !== "linux") return;
  const heard: number[] = [];
  const quiet = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const gone = await openBunSocket({ host: "127.0.0.1", port: 0 }, quiet);
  const dead = gone.localAddress;
  gone.close();
  const living = await openBunSocket(
    { host: "127.0.0.1", port: 0 },
    { ...quiet, onDatagram: (bytes) => heard.push(bytes[0] ?? -1) },
  );
  const socket = await openBunSocket({ host: "127.0.0.1", port: 0 }, quiet);
  for (let i = 0; i < 50; i++) {
    socket.send(dead, Uint8Array.of(i), 1);
    socket.send(living.localAddress, Uint8Array.of(i), 1); // on loopback the error is here already
    if (i % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard.length).toBe(50);
  for (const each of [living, socket]) each.close();
});

test("a datagram's memory is let go when its handler returns, whoever kept it", async () => {
  const kept: Uint8Array[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const quiet = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const to = await openPortableBunSocket({ host: "127.0.0.1", port: 0 }, {
    ...quiet,
    onDatagram(bytes) {
      kept.push(bytes);
      expect(bytes[0]).toBe(kept.length);
      if (kept.length === 2) resolve();
    },
  });
  const from = await openPortableBunSocket({ host: "127.0.0.1", port: 0 }, quiet);
  const send = (bytes: Uint8Array) => from.send(to.localAddress, bytes, bytes.length);
  send(new Uint8Array(1_472).fill(1));
  send(new Uint8Array(60_000).fill(2));
  await promise;
  await new Promise((done) => setImmediate(done));
  expect(kept.map((bytes) => bytes.length)).toEqual([0, 0]);
  for (const each of [from, to]) each.close();
});

test("socket buffers are raised above the stock 212,992 bytes", async () => {
  const handlers = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const socket = await openBunSocket({ host: "127.0.0.1", port: 0 }, handlers);
  if (process.platform === "linux") {
    expect(socket.receiveBufferBytes).toBeGreaterThanOrEqual(212_992);
    expect(socket.sendBufferBytes).toBeGreaterThanOrEqual(212_992);
  }
  socket.close();
});
