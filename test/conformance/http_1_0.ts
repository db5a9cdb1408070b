import { utf8 } from "../../src/lib/mod.ts";
import type { HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, beforeEach, describe, expect, test } from "../support/harness.ts";
import { RawClient } from "../support/raw_http.ts";

/** Fields that change nothing about how it is answered. */
const SAME: readonly string[] = ["", "Connection: close\r\n"];

/** A body of three pieces, which may fail behind them. */
function stream(failure?: Error): ReadableStream<Uint8Array> {
  let left = 3;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(utf8("piece"));
      else if (failure === undefined) controller.close();
      else controller.error(failure);
    },
  }, { highWaterMark: 0 });
}

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/stream") return new Response(stream());
  if (pathname === "/fails") return new Response(stream(new Error("lost")));
  if (pathname === "/empty") return new Response(null);
  if (pathname === "/304") return new Response(null, { status: 304, headers: { etag: '"x"' } });
  const body = `${request.url} ${request.headers.get("host")}`;
  const headers = { "content-length": String(body.length), "content-type": "text/plain" };
  return new Response(body, { headers });
}

/** HTTP/1.0: an answer has a length, or ends with its connection (RFC 9112 §6.1, §6.3). Left out is
 * a client that asks for the connection to be kept: Deno's node:http does that, Bun's does not. */
export function http10(name: string, serve: ServeHttp): void {
  describe(`HTTP/1.0: ${name}`, () => {
    let server: HttpServer;
    const faults: string[] = [];
    beforeEach(async () => {
      faults.length = 0;
      server = await serve({
        host: "127.0.0.1",
        port: 0,
        requestBodyBytesMax: 0,
        onFault: (fault) => void faults.push(String(fault)),
        ready: ({ target, header }) =>
          target !== "/ready" ? undefined : {
            status: 200,
            headers: ["content-length", "5", "x-host", header("host") ?? "none"],
            body: utf8("ready"),
            onLeft: () => {},
          },
      }, answer);
    });
    afterEach(() => server.stop(0));

    /** All that is said to it in small letters, and how that ended. */
    async function ask(line: string, fields = ""): Promise<string[]> {
      const client = await RawClient.open(server.localAddress.port);
      client.send(`${line} HTTP/1.0\r\n${fields}\r\nGET /next HTTP/1.0\r\n\r\n`);
      await client.untilClosed();
      return [client.text.toLowerCase().replace(/^date: .*\r\n/m, ""), client.ending];
    }
    const close = "connection: close\r\n\r\n";

    test("one answer is the last, in the words of HTTP/1.1, and needs no Host", async () => {
      const body = "http://localhost/a null";
      const fields = `content-length: ${body.length}\r\ncontent-type: text/plain\r\n`;
      const said = `http/1.1 200 ok\r\n${fields}${close}${body}`;
      for (const more of SAME) expect(await ask("GET /a", more)).toEqual([said, "fin"]);
      const named = said.replace(/localhost/, "x.example").replace(/null/, "x.example");
      const [text] = await ask("GET /a", "Host: x.example\r\n");
      expect(text).toBe(named.replace(/length: [0-9]+/, `length: ${body.length + 5}`));
    });

    test("what is at hand is given as well, and a HEAD has no body", async () => {
      const head = `http/1.1 200 ok\r\ncontent-length: 5\r\nx-host: none\r\n${close}`;
      for (const more of SAME) {
        expect(await ask("GET /ready", more)).toEqual([`${head}ready`, "fin"]);
        expect(await ask("HEAD /ready", more)).toEqual([head, "fin"]);
      }
    });

    test("a body without a length ends with the connection, and has no chunks", async () => {
      const ok = "http/1.1 200 ok\r\n";
      expect(await ask("GET /stream")).toEqual([`${ok}${close}piecepiecepiece`, "fin"]);
      expect(await ask("HEAD /stream")).toEqual([`${ok}${close}`, "fin"]);
      expect(await ask("GET /empty")).toEqual([`${ok}content-length: 0\r\n${close}`, "fin"]);
      const unchanged = `http/1.1 304 not modified\r\netag: "x"\r\n${close}`;
      expect(await ask("GET /304")).toEqual([unchanged, "fin"]);
    });

    test("one that fails is cut: its end would look like the end of all", async () => {
      expect((await ask("GET /fails")).at(-1)).toBe("reset");
      expect(faults).toEqual(["Error: lost"]);
    });

    test("a Host that is none is refused", async () => {
      const [text] = await ask("GET /", "Host: x/y\r\n");
      expect(text?.slice(0, 13)).toBe("http/1.1 400 ");
    });
  });
}
