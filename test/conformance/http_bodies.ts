import { utf8 } from "../../src/lib/mod.ts";
import type { HttpHandler, HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const plain = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-length": String(utf8(text).length) } });

/** The law of ports/http_server.ts on request bodies. */
export function httpBodies(name: string, serve: ServeHttp): void {
  describe(`HttpServer law on bodies: ${name}`, () => {
    let server: HttpServer | undefined;
    afterEach(() => server?.stop(0));

    async function start(requestBodyBytesMax: number, handler: HttpHandler): Promise<number> {
      server = await serve({ host: "127.0.0.1", port: 0, requestBodyBytesMax }, handler);
      return server.localAddress.port;
    }

    test("bound 0 lets no body through and closes after a request that has one", async () => {
      const seen: string[] = [];
      const port = await start(0, (request) => {
        seen.push(`${request.method} ${request.body === null ? "without" : "with"} a body`);
        return plain("", 405);
      });
      const statuses: (number | undefined)[] = [];
      for (
        const request of [
          "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na",
          "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
        ]
      ) {
        const client = await RawClient.open(port);
        client.send(request + GET);
        await client.untilClosed();
        const responses = parseResponses(client.text);
        statuses.push(responses[0]?.status);
        expect(responses.length).toBe(1);
      }
      expect(statuses).toEqual([400, 400, 405, 405]);
      expect(seen).toEqual(["POST without a body", "POST without a body"]);
    });

    test("what has left of an answer is told once it is over; of HEAD nothing", async () => {
      const left: number[] = [];
      const port = await start(0, ({ method }, { finished }) => {
        void finished.then((bytes) => left.push(bytes));
        const headers = { "content-length": "70000" };
        return new Response(method === "HEAD" ? null : "x".repeat(70_000), { headers });
      });
      const last = "Connection: close\r\n\r\n";
      await RawClient.ask(port, `GET / HTTP/1.1\r\nHost: x\r\n${last}`);
      await RawClient.ask(port, `HEAD / HTTP/1.1\r\nHost: x\r\n${last}`);
      await server?.stop(1_000); // both are over
      expect(left).toEqual([70_000, 0]);
    });

    test("a body within the bound arrives; a longer one gets 413 or errors", async () => {
      const outcomes: string[] = [];
      const port = await start(5, async (request) => {
        outcomes.push(await request.text().catch((error) => error.code ?? String(error)));
        return plain("done");
      });
      const post = "POST / HTTP/1.1\r\nHost: x\r\n";
      const chunked = "Transfer-Encoding: chunked\r\n\r\n";
      const statuses: (number | undefined)[] = [];
      for (
        const rest of [
          "Content-Length: 5\r\n\r\nhello",
          `${chunked}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`,
          "Content-Length: 6\r\n\r\nhello!",
          `${chunked}6\r\nhello!\r\n0\r\n\r\n`,
          "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        ]
      ) {
        const { text } = await RawClient.ask(port, post + rest);
        statuses.push(parseResponses(text).at(-1)?.status);
      }
      expect(statuses).toEqual([200, 200, 413, 200, 200]);
      expect(outcomes).toEqual(["hello", "hello", "REFUSED", "hello"]);
    });

    test("only who expects to be told to go on is told so", async () => {
      const port = await start(5, async (request) => plain(await request.text()));
      const told: string[][] = [];
      for (
        const [version, expected] of [
          ["1.1", "100-continue"],
          ["1.1", "100-Continue"],
          ["1.1", "something"],
          ["1.0", "100-continue"],
        ]
      ) {
        const head = `POST / HTTP/${version}\r\nHost: x\r\nExpect: ${expected}\r\n`;
        const rest = "Connection: close\r\nContent-Length: 5\r\n\r\nhello";
        const { text } = await RawClient.ask(port, head + rest);
        told.push(text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? []);
      }
      expect(told).toEqual([["100", "200"], ["100", "200"], ["200"], ["200"]]);
    });

    test("who is refused is not asked for a body, not in the answer's midst either", async () => {
      const port = await start(5, (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/no") return plain("no room", 507);
        if (pathname === "/late") {
          setTimeout(() => void request.text().catch(() => {}), 50);
          return plain("no", 507);
        }
        return new Response(request.body); // reads while it answers
      });
      const told: string[][] = [];
      for (const path of ["/no", "/late", "/echo"]) {
        const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n`;
        const client = await RawClient.open(port);
        client.send(`${head}Content-Length: 5\r\n\r\n`);
        await client.until(({ received }) => received > 0);
        await client.untilQuiet(100);
        if (path !== "/no") client.send("hello");
        await client.untilClosed();
        told.push(client.text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? []);
      }
      expect(told).toEqual([["507"], ["507"], ["100", "200"]]);
    });

    test("an answer given before the body is read still arrives", async () => {
      const port = await start(1e9, () => plain("no room", 503));
      const client = await RawClient.open(port);
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
      client.send(new Uint8Array(1e6));
      await client.untilClosed();
      expect(client.text).toContain("no room");
    });
  });
}
