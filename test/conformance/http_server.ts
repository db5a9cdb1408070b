import { utf8 } from "../../src/lib/mod.ts";
import type { HttpHandler, HttpServeOptions, HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const KIB = 1024;

/** A body of `count` pieces of `pieceBytes`, then `failure` if there is one. */
function body(count: number, pieceBytes: number, failure?: Error) {
  const log = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (log.pulled++ < count) controller.enqueue(new Uint8Array(pieceBytes).fill(120));
      else if (failure === undefined) controller.close();
      else controller.error(failure);
    },
    cancel: () => void (log.cancelled = true),
  }, { highWaterMark: 0 });
  return { stream, log };
}

const withLength = (stream: ReadableStream, length: number): Response =>
  new Response(stream, { headers: { "content-length": String(length) } });
const plain = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-length": String(utf8(text).length) } });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The law of ports/http_server.ts, to be kept by every adapter. */
export function httpServerConformance(name: string, serve: ServeHttp): void {
  describe(`HttpServer law: ${name}`, () => {
    const servers: HttpServer[] = [];
    afterEach(async () => {
      for (const server of servers.splice(0)) await server.stop(0);
    });

    async function start(
      handler: HttpHandler,
      options: Partial<HttpServeOptions> = {},
    ): Promise<number> {
      const server = await serve(
        { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0, ...options },
        handler,
      );
      servers.push(server);
      return server.localAddress.port;
    }

    test("port 0 gives a port, and the handler learns who asks where for what", async () => {
      let seen: unknown;
      const port = await start((request, info) => {
        seen = {
          ...info,
          startedAt: typeof info.startedAt,
          finished: undefined,
          url: request.url,
          host: request.headers.get("host"),
        };
        return plain("hello");
      });
      expect(port).toBeGreaterThan(0);
      const client = await RawClient.open(port);
      client.send("GET /a/../b%2e?c HTTP/1.1\r\nHost: example.net:81\r\n\r\n");
      await client.until(({ text }) => text.endsWith("hello"));
      expect(seen).toEqual({
        remote: { ip: "127.0.0.1", port: client.socket.localPort },
        local: { ip: "127.0.0.1", port },
        target: "/a/../b%2e?c",
        startedAt: "number",
        finished: undefined,
        url: "http://example.net:81/b%2e?c",
        host: "example.net:81",
      });
      client.socket.destroy();
    });

    test("a streamed body goes out under the Content-Length that was set", async () => {
      const port = await start(() => withLength(body(3, 10 * KIB).stream, 30 * KIB));
      const { text } = await RawClient.ask(port, GET);
      const [response] = parseResponses(text);
      expect(response?.headers.get("content-length")).toBe(String(30 * KIB));
      expect(response?.headers.has("transfer-encoding")).toBe(false);
      expect(response?.body).toBe("x".repeat(30 * KIB));
    });

    test("without a length it is chunked, and ends with the last chunk", async () => {
      const port = await start(() => new Response(body(2, 4).stream));
      const { text } = await RawClient.ask(port, GET);
      expect(text).toMatch(/transfer-encoding: chunked/i);
      expect(text.endsWith("4\r\nxxxx\r\n4\r\nxxxx\r\n0\r\n\r\n")).toBe(true);
    });

    test("HEAD, 204 and 304 have no body; HEAD keeps the length", async () => {
      const port = await start((request) => {
        const status = Number(new URL(request.url).pathname.slice(1));
        const headers = { "content-length": "99" };
        return status === 200
          ? new Response(null, { headers })
          : new Response(null, { status, headers: { etag: '"x"' } });
      });
      const request = (method: string, path: string): string =>
        `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
      const all = request("HEAD", "/200") + request("GET", "/204") + request("GET", "/304");
      const { text } = await RawClient.ask(port, all + request("HEAD", "/200"));
      const responses = parseResponses(text, ["HEAD", "GET", "GET", "HEAD"]);
      expect(responses.map(({ status }) => status)).toEqual([200, 204, 304, 200]);
      expect(responses[0]?.headers.get("content-length")).toBe("99");
      expect(responses[2]?.headers.get("etag")).toBe('"x"');
    });

    test("a stream that fails half-way cuts the connection", async () => {
      const faults: unknown[] = [];
      const onFault = (error: unknown): void => void faults.push(error);
      const failing = (): ReadableStream => body(2, 1000, new Error("lost")).stream;
      for (const answer of [() => withLength(failing(), 9000), () => new Response(failing())]) {
        const port = await start(answer, { onFault });
        const client = await RawClient.open(port);
        client.send(GET);
        await client.untilClosed();
        expect(client.text.length).toBeLessThan(3000);
        expect(client.text).not.toContain("\r\n0\r\n\r\n"); // the last chunk
      }
      expect(faults.map(String)).toEqual(["Error: lost", "Error: lost"]);
    });

    test("a body shorter than announced, or cut across, cuts the connection", async () => {
      for (const length of [1500, 3000]) {
        const port = await start(() => withLength(body(2, 1000).stream, length));
        const client = await RawClient.open(port);
        client.send(GET + GET);
        await client.untilClosed();
        expect(client.text.match(/HTTP\/1.1/g)?.length ?? 0).toBeLessThan(2);
      }
    });

    test("a handler that throws gives 500 without a word about why", async () => {
      const faults: unknown[] = [];
      const port = await start(() => {
        throw new Error("secret");
      }, { onFault: (error) => void faults.push(error) });
      const { text } = await RawClient.ask(port, GET);
      expect(parseResponses(text)[0]?.status).toBe(500);
      expect(text).not.toContain("secret");
      expect(faults.length).toBe(1);
    });

    test("an answer with a field that is none of HTTP gives 500, and its body ends", async () => {
      const faults: unknown[] = [];
      const { stream, log } = body(2, 1000);
      const bad = { headers: { "x-a": "a\u0001b" } };
      const onFault = (error: unknown): void => void faults.push(error);
      const port = await start(() => new Response(stream, bad), { onFault });
      const [response] = parseResponses((await RawClient.ask(port, GET)).text);
      expect([response?.status, faults.length, log.cancelled]).toEqual([500, 1, true]);
    });

    test("a client that goes away aborts the signal and cancels the body", async () => {
      const states: string[] = [];
      const { stream, log } = body(1e6, 64 * KIB);
      const port = await start((request, info) => {
        request.signal.addEventListener("abort", () => states.push("abort"));
        void info.finished.then(() => states.push("finished"));
        return withLength(stream, 1e6 * 64 * KIB);
      });
      const client = await RawClient.open(port);
      client.send(GET);
      await client.until(({ received }) => received > 100_000);
      client.socket.destroy();
      await sleep(100);
      expect(states.sort()).toEqual(["abort", "finished"]);
      expect(log.cancelled).toBe(true);
    });

    test("a client that goes away while the handler works aborts the signal", async () => {
      let aborted: Promise<void> | undefined;
      const port = await start(async (request) => {
        aborted = new Promise((resolve) =>
          request.signal.addEventListener("abort", () => resolve())
        );
        await aborted;
        return plain("late");
      });
      const client = await RawClient.open(port);
      client.send(GET);
      await sleep(50);
      client.socket.destroy();
      await sleep(50);
      expect(await Promise.race([aborted?.then(() => "aborted"), sleep(1000)])).toBe("aborted");
    });

    test("`finished` resolves, and no abort comes, when all has been sent", async () => {
      let isAborted = false;
      let finished: Promise<number> | undefined;
      const port = await start((request, info) => {
        request.signal.addEventListener("abort", () => isAborted = true);
        finished = info.finished;
        return plain("all");
      });
      await RawClient.ask(port, GET);
      await finished;
      expect(isAborted).toBe(false);
    });

    test("the body is read no faster than the client takes it", async () => {
      const { stream, log } = body(400, 256 * KIB);
      const port = await start(() => withLength(stream, 400 * 256 * KIB));
      const client = await RawClient.open(port);
      client.socket.pause();
      client.send(GET);
      await sleep(300);
      const pulled = log.pulled;
      expect(pulled * 256 * KIB).toBeLessThan(16 * KIB * KIB);
      await sleep(200);
      expect(log.pulled).toBe(pulled);
      client.socket.resume();
      await client.until(({ received }) => received > 400 * 256 * KIB, 20_000);
      client.socket.destroy();
    });

    test("it is done with a piece of a body before it asks for the next or cancels", async () => {
      const lengths = [10, 70 * KIB, KIB, 1024 * KIB, 300 * KIB, 3, 4096 * KIB, 60 * KIB];
      const total = lengths.reduce((sum, length) => sum + length, 0);
      const memory = new Uint8Array(4096 * KIB); // every piece lies in it
      const spoil = (): void => void memory.fill(0);
      let next = 0;
      const port = await start(() =>
        withLength(
          new ReadableStream({
            pull(controller) {
              spoil();
              const length = lengths[next++];
              if (length === undefined) return controller.close();
              controller.enqueue(memory.subarray(0, length).fill(next));
            },
            cancel: spoil,
          }, { highWaterMark: 0 }),
          total,
        )
      );
      const client = await RawClient.open(port);
      client.socket.pause();
      client.send(GET);
      await sleep(100); // the socket's buffers are full now
      client.socket.resume();
      await client.until(({ received }) => received > total);
      const content = client.bytes.subarray(-total);
      let at = 0;
      for (const [i, length] of lengths.entries()) {
        const piece = content.subarray(at, at + length);
        expect(piece.every((byte) => byte === i + 1)).toBe(true);
        at += length;
      }
      client.socket.destroy();
    });

    test("a client that takes nothing, or next to nothing, is cut off", async () => {
      const limits = { stallTimeoutMs: 200, sendRateMin: 1e9, slowClientGraceMs: 200 };
      for (const readsSlowly of [false, true]) {
        const { stream, log } = body(10_000, 64 * KIB);
        const port = await start(() => withLength(stream, 10_000 * 64 * KIB), { limits });
        const client = await RawClient.open(port);
        client.socket.pause();
        client.send(GET);
        const reading = setInterval(() => {
          if (readsSlowly) client.socket.resume();
          setTimeout(() => client.socket.pause(), 1);
        }, 40);
        const until = Date.now() + 4000;
        while (!log.cancelled && Date.now() < until) await sleep(20);
        clearInterval(reading);
        expect(log.cancelled).toBe(true);
        client.socket.destroy();
      }
    });

    test("an unfinished head and an idle connection are closed in time", async () => {
      const limits = { headerTimeoutMs: 200, idleTimeoutMs: 200 };
      const port = await start(() => plain("x"), { limits });
      for (const text of ["", "GET / HTTP/1.1\r\nHost:", GET]) {
        const client = await RawClient.open(port);
        client.send(text);
        await client.untilClosed(4_000);
        expect(client.text.match(/^HTTP\/1.1 200/g)?.length ?? 0).toBe(text === GET ? 1 : 0);
      }
      const dripping = await RawClient.open(port);
      const drip = setInterval(() => dripping.send("A: b\r\n"), 50);
      dripping.send("GET / HTTP/1.1\r\nHost: x\r\n");
      await dripping.untilClosed(4_000);
      clearInterval(drip);
      expect(dripping.text).not.toContain("200 OK");
    });

    test("requests of one connection are answered in turn", async () => {
      let running = 0;
      const port = await start(async (request) => {
        expect(running++).toBe(0);
        await sleep(20);
        running--;
        return plain(new URL(request.url).pathname);
      });
      const paths = ["/a", "/b", "/c"];
      const client = await RawClient.ask(
        port,
        paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""),
      );
      const text = client.text;
      expect(text.indexOf("/a")).toBeGreaterThan(0);
      expect(text.indexOf("/b")).toBeGreaterThan(text.indexOf("/a"));
      expect(text.indexOf("/c")).toBeGreaterThan(text.indexOf("/b"));
    });

    test("garbage behind a request is never answered inside the answer to it", async () => {
      const port = await start(() => withLength(body(80, 64 * KIB).stream, 80 * 64 * KIB));
      const client = await RawClient.open(port);
      client.socket.pause();
      client.send(GET);
      await sleep(50);
      client.send("\x01\x02 garbage\r\n\r\n");
      await sleep(50);
      client.socket.resume();
      await client.untilClosed();
      const [head = "", rest = ""] = client.text.split("\r\n\r\n");
      expect(head).toContain("200 OK");
      expect(rest.slice(0, 80 * 64 * KIB)).toMatch(/^x*$/);
      // Behind it there may be an answer to the garbage.
      expect(rest.slice(80 * 64 * KIB)).toMatch(/^(?:HTTP\/1\.1 400 |$)/);
    });

    test("a connection over the limit is closed at once", async () => {
      const port = await start(() => plain("x"), { limits: { connectionsMax: 1 } });
      const first = await RawClient.open(port);
      first.send(GET);
      await first.until(({ text }) => text.includes("200 OK"));
      const second = await RawClient.open(port);
      await second.untilClosed();
      expect(second.text).toBe("");
      first.socket.destroy();
    });

    test("stop() waits for what runs, up to the grace, and takes no more", async () => {
      let release: (() => void) | undefined;
      const server = await serve(
        { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 },
        async () => {
          await new Promise<void>((resolve) => release = resolve);
          return plain("finished");
        },
      );
      const { port } = server.localAddress;
      const client = await RawClient.open(port);
      client.send(GET);
      await sleep(50);
      const stopped = server.stop(5_000);
      await sleep(20);
      expect(await RawClient.open(port).then(() => "open", () => "refused")).toBe("refused");
      release?.();
      await client.untilClosed();
      expect(client.text).toContain("finished");
      expect(client.text).toMatch(/connection: close/i);
      await stopped;
    });

    test("stop() cuts what outlasts the grace", async () => {
      const server = await serve(
        { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 },
        async () => {
          await sleep(10_000);
          return plain("never");
        },
      );
      const client = await RawClient.open(server.localAddress.port);
      client.send(GET);
      await sleep(50);
      const before = Date.now();
      await server.stop(100);
      expect(Date.now() - before).toBeLessThan(2_000);
      await client.untilClosed();
      expect(client.text).toBe("");
    });

    test("a taken port and a foreign host are told apart", async () => {
      const port = await start(() => plain("x"));
      const open = (host: string, at: number) =>
        serve({ host, port: at, requestBodyBytesMax: 0 }, () => plain("x"));
      await expect(open("127.0.0.1", port)).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
      await expect(open("192.0.2.1", 0)).rejects.toMatchObject({ code: "INVALID_CONFIG" });
    });

    test(":: serves IPv4 and IPv6, and shows IPv4 clients as IPv4", async () => {
      const port = await start((_, info) => plain(info.remote.ip), { host: "::" });
      const { text } = await RawClient.ask(port, GET);
      expect(parseResponses(text)[0]?.body).toBe("127.0.0.1");
      const six = await RawClient.open(port, "::1").catch(() => undefined);
      if (six === undefined) return; // a machine without IPv6 falls back to 0.0.0.0
      six.send(GET);
      await six.until(({ text }) => text.endsWith("::1"));
      six.socket.destroy();
    });
  });
}
