import { createSocket, type Socket } from "node:dgram";
import type { HttpServer } from "../../../src/ports/mod.ts";
import { serveHttp3OnBun } from "../../../src/runtime/bun/http3_server.ts";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { Http3Client } from "../../support/http3_client.ts";
import { initialDatagram } from "../../support/quic_initial.ts";
import { ONE } from "../../support/tls_pairs.ts";
import { sleep } from "../../support/until.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 60_000 };

const bound = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => resolve(socket));
  });

/** What strangers send to the port of HTTP/3 (ADR 0198). */
describe("the port of HTTP/3 under floods", () => {
  let server: HttpServer;
  let port = 0;
  const faults: unknown[] = [];

  beforeAll(async () => {
    server = await serveHttp3OnBun({
      host: "127.0.0.1",
      port: 0,
      tls: ONE,
      onFault: (error) => void faults.push(error),
    }, () => new Response("hello", { headers: { "content-length": "5" } }));
    port = server.localAddress.port;
  });
  afterAll(() => server.stop(0));

  const isServed = async (): Promise<boolean> => {
    const client = await Http3Client.dial(port);
    const { status } = await client.ask();
    client.session.destroy();
    return status === 200;
  };

  test("a client that has left is no reason to sleep through the next", async () => {
    let slow = 0;
    for (let i = 0; i < 100; i++) {
      const gone = await bound();
      await new Promise<void>((resolve) =>
        gone.send(initialDatagram(), port, "127.0.0.1", () => resolve())
      );
      gone.close(); // what it is answered comes back as an ICMP error
      const startedAt = performance.now();
      expect(await isServed()).toBe(true);
      if (performance.now() - startedAt > 900) slow++;
    }
    expect(slow).toBeLessThan(3); // a busy machine; where Bun sleeps, a client gives up
  }, SLOW);

  test("a flood of first packets takes no memory and lets timers fire", async () => {
    expect(await isServed()).toBe(true);
    const flood = Array.from({ length: 10_000 }, initialDatagram);
    const socket = await bound();
    const begun = new Set<string>();
    socket.on("message", (bytes) => void begun.add(bytes.subarray(15, 23).toString("hex")));
    const before = process.memoryUsage.rss();
    const startedAt = performance.now();
    for (let i = 0; i < flood.length; i += 100) {
      for (const datagram of flood.slice(i, i + 100)) socket.send(datagram, port, "127.0.0.1");
      await sleep(5);
    }
    const tookMs = performance.now() - startedAt;
    // Each answer's source is another connection. Without the door it is all that are heard.
    expect(begun.size).toBeGreaterThan(0);
    expect(begun.size).toBeLessThan(1_400);
    expect(tookMs).toBeLessThan(4_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(96 * MIB);
    socket.close();
    await sleep(5_200); // until the handshakes that were begun are given up
    expect(await isServed()).toBe(true);
  }, SLOW);

  test("bytes that are no packet, and packets of no connection, are nothing", async () => {
    const socket = await bound();
    for (let i = 0; i < 20_000; i++) {
      const bytes = crypto.getRandomValues(new Uint8Array(1 + i % 1_300));
      bytes[0] = [bytes[0] ?? 0, 0x40, 0xc0, 0xe0, 0xf0][i % 5] ?? 0;
      if (i % 2 === 0 && bytes.length > 4) bytes.set([0, 0, 0, 1], 1); // QUIC version 1
      socket.send(bytes, port, "127.0.0.1");
      if (i % 200 === 0) await sleep(1);
    }
    expect(await isServed()).toBe(true);
    socket.close();
    expect(faults).toEqual([]);
  }, SLOW);
});
