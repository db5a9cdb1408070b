import type { HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { RawClient } from "../support/raw_http.ts";

const HEAD = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
/** Requests in line at once: fewer than a connection may have. */
const IN_LINE = 16;

/** The law of ports/http_server.ts on clients that take nothing of answers without a body. */
export function httpSlowClient(name: string, serve: ServeHttp): void {
  describe(`HttpServer law on slow clients: ${name}`, () => {
    let server: HttpServer | undefined;
    afterEach(() => server?.stop(0));

    test("a client that asks for heads and takes none of them is cut off", async () => {
      let handled = 0, finished = 0, sent = 0;
      const headers = { "x-long": "x".repeat(100_000) };
      server = await serve({
        host: "127.0.0.1",
        port: 0,
        requestBodyBytesMax: 0,
        limits: { stallTimeoutMs: 100 },
      }, (_request, info) => {
        handled++;
        void info.finished.then(() => finished++);
        return new Response(null, { headers });
      });
      const client = await RawClient.open(server.localAddress.port);
      client.socket.pause();
      for (let turn = 0, still = 0; turn < 300 && (finished < handled || still < 20); turn++) {
        // One for each that left, until no socket has room for the next.
        for (; sent < finished + IN_LINE; sent++) client.send(HEAD);
        const before = finished;
        await new Promise((resolve) => setTimeout(resolve, 10));
        still = finished === before ? still + 1 : 0;
      }
      expect([handled - finished, handled < sent]).toEqual([0, true]);
      client.socket.destroy();
    });
  });
}
