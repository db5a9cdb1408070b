import { utf8 } from "../../src/lib/mod.ts";
import type {
  HttpServeOptions,
  HttpServer,
  ReadyAnswer,
  ReadyAnswers,
  ServeHttp,
} from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";
import { sleep, until } from "../support/until.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/** The law of HttpServeOptions.ready in ports/http_server.ts, to be kept by every adapter. */
export function httpReady(name: string, serve: ServeHttp): void {
  describe(`HttpServer law, answers at hand: ${name}`, () => {
    const servers: HttpServer[] = [];
    const counts = { handled: 0, left: 0, stopped: 0 };
    const leftBytes: number[] = [];
    afterEach(async () => {
      Object.assign(counts, { handled: 0, left: 0, stopped: 0 });
      leftBytes.length = 0;
      for (const server of servers.splice(0)) await server.stop(0);
    });

    async function start(
      ready: ReadyAnswers,
      options: Partial<HttpServeOptions> = {},
    ): Promise<number> {
      const all = { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0, ready, ...options };
      const server = await serve(all, () => {
        counts.handled++;
        return new Response("handled", { headers: { "content-length": "7" } });
      });
      servers.push(server);
      return server.localAddress.port;
    }

    function answerOf(text: string): ReadyAnswer {
      return {
        status: 200,
        headers: ["content-length", String(text.length), "x-one", "1"],
        body: utf8(text),
        onLeft: (bytes) => {
          counts.left++;
          leftBytes.push(bytes);
        },
      };
    }

    test("they go out without the handler, in turn with other answers", async () => {
      const port = await start(({ method, target, header, remote }) =>
        target !== "/ready"
          ? undefined
          : answerOf(`${method} ${header("x-a")} ${header("x-b")} ${remote.ip}`)
      );
      const ready = "GET /ready HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\n\r\n";
      const last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      const { text } = await RawClient.ask(port, ready + GET + ready + last);
      const answers = parseResponses(text);
      const said = "GET 1, 2 undefined 127.0.0.1";
      expect(answers.map(({ body }) => body)).toEqual([said, "handled", said, "handled"]);
      expect(answers[0]?.headers.get("x-one")).toBe("1");
      expect(counts).toEqual({ left: 2, handled: 2, stopped: 0 });
      expect(leftBytes).toEqual([said.length, said.length]);
    });

    test("framing is judged first, and a body is never passed over", async () => {
      const port = await start(() => answerOf("ready"));
      for (
        const request of [
          "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
          "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ]
      ) {
        const { text } = await RawClient.ask(port, request);
        expect([request, text.slice(0, 13)]).toEqual([request, "HTTP/1.1 400 "]);
      }
      expect(counts).toEqual({ left: 0, handled: 0, stopped: 0 });
    });

    /** `text` in pieces of `size` bytes, of which `count` can be had. */
    function piecesOf(text: string, size: number, count = Infinity): ReadyAnswer {
      const all = utf8(text);
      const memory = new Uint8Array(size);
      let given = 0;
      return {
        ...answerOf(text),
        body: {
          async next() {
            await Promise.resolve();
            if (given * size >= all.length) return undefined;
            if (given === count) throw new Error("the rest has gone");
            const piece = all.subarray(given * size, ++given * size);
            memory.set(piece);
            return memory.subarray(0, piece.length);
          },
          stop: () => void counts.stopped++,
        },
      };
    }

    test("bodies come in pieces too, whose memory is used again", async () => {
      const text = Array.from({ length: 100_000 }, (_, i) => String(i)).join();
      const port = await start(({ target }) =>
        Promise.resolve(target === "/none" ? undefined : piecesOf(text, 300_000))
      );
      const none = "GET /none HTTP/1.1\r\nHost: x\r\n\r\n";
      const last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      const answers = parseResponses((await RawClient.ask(port, GET + none + last)).text);
      const bodies = answers.map(({ body }) => body === text ? "all" : body);
      expect(bodies).toEqual(["all", "handled", "all"]);
      expect([counts.left, counts.handled, counts.stopped > 0]).toEqual([2, 1, true]);
    });

    test("pieces that fail half-way cut the connection", async () => {
      const faults: unknown[] = [];
      const onFault = (error: unknown): void => void faults.push(error);
      const port = await start(() => piecesOf("x".repeat(200_000), 50_000, 2), { onFault });
      const client = await RawClient.open(port);
      client.send(GET);
      await client.untilClosed();
      expect(client.text.length).toBeLessThan(200_000);
      expect([String(faults), counts.left, counts.stopped > 0])
        .toEqual(["Error: the rest has gone", 1, true]);
    });

    test("a field that is none of HTTP gives 500, and the connection goes on", async () => {
      const faults: unknown[] = [];
      const onFault = (error: unknown): void => void faults.push(error);
      const bad = { headers: ["content-length", "300", "x-one", "a\u0001b"] };
      const port = await start(
        ({ target }) =>
          target === "/pieces"
            ? { ...piecesOf("x".repeat(300), 100), ...bad }
            : target === "/whole"
            ? { ...answerOf("x".repeat(300)), ...bad }
            : undefined,
        { onFault },
      );
      const asked = ["/pieces", "/whole", "/"].map((target) => GET.replace("/", target)).join("");
      const { text } = await RawClient.ask(port, asked);
      expect(parseResponses(text).map(({ status }) => status)).toEqual([500, 500, 200]);
      expect([faults.length, counts.left, counts.stopped > 0]).toEqual([2, 2, true]);
    });

    test("pieces are stopped when the client goes away", async () => {
      const port = await start(() => piecesOf("x".repeat(32 * 2 ** 20), 2 ** 16));
      const client = await RawClient.open(port);
      client.socket.pause();
      client.send(GET);
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.socket.destroy();
      for (let i = 0; counts.left === 0 && i < 200; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect([counts.left, counts.stopped > 0]).toEqual([1, true]);
    });

    test("who leaves while an answer is looked for is told, and ends its request", async () => {
      let [isAsked, gone] = [false, false];
      const port = await start((_, clientGone) => {
        isAsked = true;
        return new Promise((resolve) =>
          clientGone().addEventListener("abort", () => {
            gone = true;
            setTimeout(() => resolve(undefined), 1); // the handler's turn, if anybody waited
          })
        );
      });
      const client = await RawClient.open(port);
      client.send(GET);
      await until(() => isAsked); // a busy machine may take its time
      await sleep(20);
      expect(gone).toBe(false);
      client.socket.destroy();
      await servers[0]?.stop(600_000); // at once, with nothing under way
      expect([gone, counts.handled]).toEqual([true, 0]);
    });

    test("a client that takes nothing is cut off, and its answer counts as left", async () => {
      const body = new Uint8Array(32 * 2 ** 20); // more than any socket buffers
      const port = await start(
        () => ({
          status: 200,
          headers: ["content-length", String(body.length)],
          body,
          onLeft: () => void counts.left++,
        }),
        { limits: { stallTimeoutMs: 60 } },
      );
      const client = await RawClient.open(port);
      client.socket.pause();
      client.send(GET);
      for (let i = 0; counts.left === 0 && i < 200; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(counts.left).toBe(1);
      client.socket.destroy();
    });
  });
}
