import type { HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { RawClient } from "../support/raw_http.ts";
import { ONE } from "../support/tls_pairs.ts";

/** Each is the last of its connection, for a reason of its own. */
const LAST: readonly (readonly [string, string, number])[] = [
  ["the client closes", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200],
  ["and is odd", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: b\r\nA: b\r\n\r\n", 200],
  ["HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", 200],
  ["HTTP/1.0, odd", "GET / HTTP/1.0\r\nA: b\r\nA: b\r\n\r\n", 200],
  ["Upgrade", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", 200],
  ["refused", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n", 400],
  ["no request", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400],
];
const LONG = 3 * 2 ** 20;
const SHORT = 100;
/** Whose client over TLS does not go on behind a pause. */
const IS_DENO = "Deno" in globalThis;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The law of ports/http_server.ts on a client that goes on sending behind its last request: it
 * gets all of the last answer, and then the end (RFC 9112 §9.6). */
export function httpLastAnswer(name: string, serve: ServeHttp, overTls = false): void {
  describe(`the last answer of a connection${overTls ? " over TLS" : ""}: ${name}`, () => {
    let server: HttpServer | undefined;
    afterEach(() => server?.stop(0));

    for (const bytes of [SHORT, LONG]) {
      for (const [title, request, status] of LAST) {
        test(`${title}, ${bytes} bytes: it comes whole, whatever follows`, async () => {
          server = await serve(
            {
              host: "127.0.0.1",
              port: 0,
              requestBodyBytesMax: 0,
              tls: overTls ? ONE : undefined,
            },
            () => new Response("x".repeat(bytes), { headers: { "content-length": String(bytes) } }),
          );
          const { port } = server.localAddress;
          const client = await (overTls ? RawClient.openTls(port) : RawClient.open(port));
          if (!overTls || !IS_DENO) client.socket.pause();
          client.send(request);
          for (let i = 0; i < 20; i++) {
            await sleep(5);
            client.send("more ".repeat(100));
          }
          client.socket.resume();
          await client.untilClosed();
          const { text } = client;
          expect([client.ending, text.slice(9, 12)]).toEqual(["fin", String(status)]);
          const body = text.slice(text.indexOf("\r\n\r\n") + 4);
          const length = Number(/^content-length: ([0-9]+)\r$/im.exec(text)?.[1]);
          expect(body.length).toBe(length);
          if (status === 200) expect(length).toBe(bytes);
        });
      }
    }
  });
}
