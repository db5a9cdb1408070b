import type { HttpHandler, HttpServeOptions, HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { concatBytes } from "../../src/lib/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import {
  dialHttp2,
  requestFrame,
  resetFrame,
  RST_STREAM,
  streamsOf,
} from "../support/http2_frames.ts";
import type { RawClient } from "../support/raw_http.ts";
import { ONE } from "../support/tls_pairs.ts";
import { sleep, until } from "../support/until.ts";

/** The law of HttpLimits.streamsMax in ports/http_server.ts, and that a crowd of requests by HTTP/2
 * does not keep others waiting. */
export function http2Crowd(name: string, serve: ServeHttp): void {
  describe(`many requests by HTTP/2: ${name}`, () => {
    const servers: HttpServer[] = [];
    const clients: RawClient[] = [];
    afterEach(async () => {
      for (const { socket } of clients.splice(0)) socket.destroy();
      for (const server of servers.splice(0)) await server.stop(0);
    });

    async function start(handler: HttpHandler, options: Partial<HttpServeOptions> = {}) {
      const all = { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0, tls: ONE, ...options };
      const server = await serve(all, handler);
      servers.push(server);
      return async (window?: number): Promise<RawClient> => {
        const client = await dialHttp2(server.localAddress.port, window);
        clients.push(client);
        return client;
      };
    }

    /** `count` requests of one connection in one write. */
    const requests = (count: number, fields: Readonly<Record<string, string>> = {}): Uint8Array =>
      concatBytes(...Array.from({ length: count }, (_, i) => requestFrame(1 + 2 * i, fields)));

    const hello = (): Response => new Response("hello", { headers: { "content-length": "5" } });

    test("of those that are reset in the same breath most never begin", async () => {
      let begun = 0;
      const dial = await start(() => {
        begun++;
        return hello();
      });
      const client = await dial();
      const pairs = Array.from({ length: 200 }, (_, i) => [
        requestFrame(1 + 2 * i, {}),
        resetFrame(1 + 2 * i),
      ]);
      client.send(concatBytes(...pairs.flat(), requestFrame(1001, {})));
      await client.until(() => streamsOf(client).includes(1001));
      expect(begun).toBeLessThan(100);
    });

    // Deno looks at no socket between two turns of a busy loop.
    if (!("Deno" in globalThis)) {
      test("the first of another connection does not wait for all of one", async () => {
        const begun: string[] = [];
        const others: RawClient[] = [];
        const dial = await start((request) => {
          if (begun.push(new URL(request.url).pathname) === 1) {
            others[0]?.send(requests(1, { ":path": "/other" }));
          }
          for (const startedAt = performance.now(); performance.now() - startedAt < 2;);
          return hello();
        });
        const one = await dial();
        others.push(await dial());
        one.send(requests(100, { ":path": "/one" }));
        await one.until(() => begun.length === 101);
        expect(begun.indexOf("/other")).toBeLessThan(80);
      });
    }

    test("there are so many at once, for one connection fewer when half are taken", async () => {
      let begun = 0;
      const dial = await start(() => {
        begun++;
        return hello();
      }, { limits: { streamsMax: 40, stallTimeoutMs: 300 } });
      const [first, second, third, last] = [
        await dial(0),
        await dial(0),
        await dial(0),
        await dial(0),
      ];
      const ask = async (client: RawClient, count: number): Promise<number> => {
        const before = begun;
        client.send(requests(count));
        await client.until(() => streamsOf(client).length >= count);
        return begun - before;
      };
      expect(await ask(first, 20)).toBe(20);
      expect(await ask(second, 30)).toBe(8);
      expect(await ask(third, 30)).toBe(8);
      expect(await ask(last, 30)).toBe(4);
      expect(last.ending).toBe("open");
      await sleep(900); // until those that took nothing are cut off
      expect(await ask(await dial(), 20)).toBe(20);
    });

    test("who resets them, or goes, leaves the places to others", async () => {
      let begun = 0;
      const dial = await start(() => {
        begun++;
        return hello();
      }, { limits: { streamsMax: 40 } });
      for (let i = 0; i < 4; i++) {
        const client = await dial();
        const pairs = Array.from({ length: 100 }, (_, at) => [
          requestFrame(1 + 2 * at, {}),
          resetFrame(1 + 2 * at),
        ]);
        client.send(concatBytes(...pairs.flat(), requestFrame(1001, {})));
        await client.until(() => streamsOf(client).includes(1001));
        const gone = await dial(0);
        gone.send(requests(15));
        await gone.until(({ received }) => received > 100);
        gone.socket.destroy();
      }
      await until(async () => { // it takes a while to see that who has gone is gone
        const [last, before] = [await dial(), begun];
        last.send(requests(20));
        await last.until(() => streamsOf(last).length >= 20);
        return begun - before === 20;
      });
    });

    test("who takes nothing of a refusal is cut off too", async () => {
      const dial = await start(hello, { limits: { stallTimeoutMs: 100 } });
      const client = await dial(0);
      client.send(requests(5, { host: "y" }));
      await client.until(() => streamsOf(client).length === 5);
      await client.until(() => streamsOf(client, RST_STREAM).length === 5);
    });
  });
}
