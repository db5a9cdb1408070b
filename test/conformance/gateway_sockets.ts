import { createGateway } from "../../src/gateway/mod.ts";
import { toBase32 } from "../../src/lib/mod.ts";
import type { HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { FakeNode } from "../support/fake_node.ts";
import { siteTree, testBytes } from "../support/site_tree.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

const MIB = 2 ** 20;
/** What may wait between the node and a client that reads slowly: the kernel's buffers of both ends
 * (tcp_wmem and tcp_rmem: 4 + 32 MiB where nobody set them lower), and a few pieces of ours. */
const WAITING_MIB_MAX = 44;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The gateway on a real socket: what app.request() cannot show (gateway.md §7 G16, G29). */
export function gatewaySockets(name: string, serve: ServeHttp): void {
  describe(`gateway on a socket: ${name}`, () => {
    const node = new FakeNode();
    const faults: unknown[] = [];
    let server: HttpServer | undefined;
    let meta = "";
    let chunks: readonly string[] = [];

    beforeAll(async () => {
      const site = node.add(siteTree());
      meta = toBase32(site.strongId);
      const big = site.kind === "directory" ? site.entries.get("big.bin") : undefined;
      if (big?.kind === "file") chunks = big.chunks;
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc"));
      const alice = { name: "alice", tokenHash: new Uint8Array(digest), bytesPerDay: 6 * MIB };
      const onFault = (error: unknown): void => void faults.push(error);
      const gateway = createGateway(node, { onFault, clients: [alice] });
      server = await serve(
        { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 },
        (request, info) => gateway.fetch(request, info),
      );
    });
    afterAll(() => server?.stop(0));
    const port = (): number => server?.localAddress.port ?? 0;
    const request = (path: string, method = "GET", more = ""): string =>
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
    const file = (path: string, method = "GET", more = ""): string =>
      request(`/file/${meta}/${path}`, method, more);

    test("G16 what cannot be had to the end is cut, never ended", async () => {
      node.unobtainable.add(chunks[3] ?? "");
      const client = await RawClient.open(port());
      client.send(file("big.bin") + file("ascii.txt"));
      await client.untilClosed();
      node.unobtainable.clear();
      expect(client.text).toContain(`content-length: ${5 * MIB + 3}`);
      expect(client.received).toBeLessThan(4 * MIB);
      expect(client.text.match(/HTTP\/1\.1 /g)?.length).toBe(1);
    });

    test("a client is charged for what it was sent, and 402 when that is its day", async () => {
      const status = async (more: string): Promise<number | undefined> => {
        const asked = file("big.bin", "GET", `Connection: close\r\n${more}`);
        const { text } = await RawClient.ask(port(), asked);
        return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
      };
      const token = "Authorization: Bearer abc\r\n";
      expect(await status(token)).toBe(200); // 5 of 6 MiB
      expect(await status(token)).toBe(402);
      expect(await status(`${token}Range: bytes=0-1023\r\n`)).toBe(206);
      expect(await status("")).toBe(200);
      expect(await status("Authorization: Bearer abd\r\n")).toBe(401);
    });

    test("a whole file arrives under its length", async () => {
      const client = await RawClient.open(port());
      client.send(file("big.bin"));
      await client.until(({ received }) => received > 5 * MIB + 3);
      const head = client.text.indexOf("\r\n\r\n") + 4;
      await client.until(({ received }) => received === head + 5 * MIB + 3);
      expect(Buffer.from(client.bytes.subarray(head)).equals(testBytes(5 * MIB + 3))).toBe(true);
      client.socket.destroy();
    });

    test("G29 HEAD, GET, range, 304 and 404, pipelined on one connection", async () => {
      const client = await RawClient.ask(
        port(),
        file("ascii.txt", "HEAD") + file("ascii.txt") +
          file("ascii.txt", "GET", "Range: bytes=-3\r\n") +
          request(`/file/${meta}/`, "GET", `If-None-Match: "${meta}"\r\n`) + file("nope") +
          file("hello.txt"),
        200,
      );
      const responses = parseResponses(client.text, ["HEAD"]);
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 206, 304, 404, 200]);
      expect(responses[0]?.headers.get("content-length")).toBe("31");
      expect(responses[2]?.body).toBe("st\n");
      expect(responses[5]?.body).toBe("hello\n");
    });

    test("G29 a client that reads slowly holds a window, not the file", async () => {
      const id = toBase32(node.addVirtual(1024 * MIB, MIB).strongId);
      const before = { pieces: node.counts.piecesRead };
      const client = await RawClient.open(port());
      client.socket.pause();
      client.send(request(`/file/${id}`));
      await sleep(300);
      const pieces = node.counts.piecesRead - before.pieces;
      expect(pieces).toBeGreaterThan(0);
      expect(pieces).toBeLessThan(WAITING_MIB_MAX);
      for (let i = 0; i < 20; i++) {
        client.socket.resume();
        await sleep(1);
        client.socket.pause();
        await sleep(10);
      }
      const waiting = node.counts.piecesRead - before.pieces - client.received / MIB;
      expect(waiting).toBeLessThan(WAITING_MIB_MAX);
      client.socket.destroy();
      for (let i = 0; i < 200 && node.counts.readsOpen > 0; i++) await sleep(25);
      expect(node.counts.readsOpen).toBe(0);
    });

    test("a client that goes away before the first byte stops the lookup", async () => {
      let release: (() => void) | undefined;
      node.hold = new Promise((resolve) => release = resolve);
      const client = await RawClient.open(port());
      client.send(file("big.bin"));
      await sleep(50);
      client.socket.destroy();
      await sleep(50);
      release?.();
      node.hold = undefined;
      await sleep(50);
      for (let i = 0; i < 200 && node.counts.readsOpen > 0; i++) await sleep(25);
      expect(node.counts.readsOpen).toBe(0);
      expect(faults).toEqual([]);
    });

    test("targets are judged as they were sent", async () => {
      const targets = [
        "/file/../etc/passwd",
        `/file/${meta}/%2e%2e/x`,
        `/file/${meta}/a\\b`,
        "/./",
      ];
      for (const target of targets) {
        const { text } = await RawClient.ask(port(), request(target), 50);
        expect(parseResponses(text)[0]?.status).toBe(400);
      }
    });

    test("G26 a POST, even with a body, is told 405 and what is allowed", async () => {
      const client = await RawClient.open(port());
      client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${request("/")}`);
      await client.untilClosed();
      const [first, second] = parseResponses(client.text);
      expect([first?.status, second]).toEqual([405, undefined]);
      expect(first?.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    });

    test("a URL over 8 KiB gets 414", async () => {
      const { text } = await RawClient.ask(port(), request(`/${"a".repeat(9000)}`), 100);
      expect(parseResponses(text)[0]?.status).toBe(414);
    });

    test("two hundred connections that say nothing do not keep others waiting", async () => {
      const silent = await Promise.all(
        Array.from({ length: 200 }, () => RawClient.open(port())),
      );
      for (const client of silent) client.send("GET / HTTP/1.1\r\nHost:");
      const before = performance.now();
      const { text } = await RawClient.ask(port(), file("ascii.txt"), 20);
      expect(parseResponses(text)[0]?.status).toBe(200);
      expect(performance.now() - before).toBeLessThan(1_000);
      for (const client of silent) client.socket.destroy();
    });
  });
}
