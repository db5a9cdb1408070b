import type { HttpHandler, HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const BODY_BYTES = 70_000;
const plain = (): Response =>
  new Response("x".repeat(BODY_BYTES), { headers: { "content-length": String(BODY_BYTES) } });

/** What a client gets that ends its side of the connection behind its request: the same from Bun's
 * server whether a worker stands before it or not. (Deno's gives it nothing.) */
export function httpHalfClosed(name: string, serve: ServeHttp): void {
  describe(`a client that ends behind its request: ${name}`, () => {
    let server: HttpServer | undefined;
    afterEach(() => server?.stop(0));

    async function start(handler: HttpHandler): Promise<number> {
      server = await serve({ host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 }, handler);
      return server.localAddress.port;
    }

    test("gets what is there at once", async () => {
      const port = await start(() => plain());
      const client = await RawClient.open(port);
      client.socket.end(GET);
      await client.untilClosed();
      expect(parseResponses(client.text).map(({ body }) => body.length)).toEqual([BODY_BYTES]);
    });

    test("stops what it waits for", async () => {
      let asked = 0;
      const left = Promise.withResolvers<undefined>();
      const port = await start(async ({ signal }) => {
        asked++;
        signal.addEventListener("abort", () => left.resolve(undefined));
        await left.promise;
        return plain();
      });
      const client = await RawClient.open(port);
      client.socket.end(GET);
      await left.promise;
      await client.untilClosed();
      expect([client.received, asked]).toEqual([0, 1]);
    });
  });
}

/** Where a client that speaks HTTP/1.0 ends behind its request, an answer without a length must not
 * end before it is whole: nothing else would tell. (node:http on Bun breaks it off.) */
export function httpHalfClosed10(name: string, serve: ServeHttp): void {
  const PIECES = 40;
  const PIECE = new Uint8Array(256 * 1024).fill(120);

  describe(`a client of HTTP/1.0 that ends behind its request: ${name}`, () => {
    let server: HttpServer | undefined;
    afterEach(() => server?.stop(0));

    // What announces a body is node:http's from its first byte on.
    for (const [kind, field] of [["plain", ""], ["odd", "Content-Length: 0\r\n"]] as const) {
      test(`gets all of what has begun and has no length, if the head is ${kind}`, async () => {
        const ended = Promise.withResolvers<undefined>();
        let given = 0;
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (given === 1) await ended.promise;
            await new Promise((resolve) => setTimeout(resolve, 1));
            if (given++ === PIECES) controller.close();
            else controller.enqueue(PIECE);
          },
        }, { highWaterMark: 0 });
        const options = { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 };
        server = await serve(options, () => Promise.resolve(new Response(body)));
        const client = await RawClient.open(server.localAddress.port);
        client.send(`GET / HTTP/1.0\r\nHost: x\r\n${field}\r\n`);
        await client.until(({ received }) => received > 1_000);
        client.socket.end();
        setTimeout(() => ended.resolve(undefined), 20); // behind the end, wherever that goes
        await client.untilClosed();
        const bytes = client.text.length - client.text.indexOf("\r\n\r\n") - 4;
        expect([client.ending, bytes]).toEqual(["fin", PIECES * PIECE.length]);
      });
    }
  });
}
