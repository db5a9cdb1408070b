import type { HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

const NEXT = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const get = (fields: string, rest = ""): string =>
  `GET / HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n${rest}`;
const post = (fields: string, rest = ""): string =>
  `POST / HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n${rest}`;

/** Requests that a proxy and a server might read differently, or that no client of ours sends.
 * Each must be refused with its status and end the connection: what follows is never a request. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["chunked body on GET", get("Transfer-Encoding: chunked", `0\r\n\r\n${NEXT}`), /^400$/],
  ["TE identity", get("Transfer-Encoding: identity", NEXT), /^400$/],
  ["TE unknown", get("Transfer-Encoding: xchunked", `0\r\n\r\n${NEXT}`), /^400$/],
  ["TE list", get("Transfer-Encoding: gzip, chunked", `0\r\n\r\n${NEXT}`), /^400$/],
  ["TE twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", NEXT), /^400$/],
  ["TE with a vertical tab", get("Transfer-Encoding:\x0bchunked", `0\r\n\r\n${NEXT}`), /^400$/],
  ["TE with a space before the colon", get("Transfer-Encoding : chunked", NEXT), /^400$/],
  ["TE folded", get("Transfer-Encoding:\r\n chunked", `0\r\n\r\n${NEXT}`), /^400$/],
  ["TE behind a bare CR", get("A: b\rTransfer-Encoding: chunked", NEXT), /^400$/],
  ["TE behind a bare LF", get("A: b\nTransfer-Encoding: chunked", NEXT), /^400$/],
  [
    "TE and CL",
    get("Content-Length: 5\r\nTransfer-Encoding: chunked", `0\r\n\r\n${NEXT}`),
    /^400$/,
  ],
  [
    "CL and TE",
    get("Transfer-Encoding: chunked\r\nContent-Length: 5", `0\r\n\r\n${NEXT}`),
    /^400$/,
  ],
  ["CL on GET", get("Content-Length: 34", NEXT), /^400$/],
  ["CL on HEAD", `HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n${NEXT}`, /^400$/],
  ["CL twice, the same", get("Content-Length: 0\r\nContent-Length: 0", NEXT), /^400$/],
  ["CL twice, different", get("Content-Length: 0\r\nContent-Length: 34", NEXT), /^400$/],
  ["CL list", get("Content-Length: 0, 34", NEXT), /^400$/],
  ["CL with plus", get("Content-Length: +34", NEXT), /^400$/],
  ["CL negative", get("Content-Length: -1", NEXT), /^400$/],
  ["CL in hex", get("Content-Length: 0x22", NEXT), /^400$/],
  ["CL too large for a number", get("Content-Length: 99999999999999999999", NEXT), /^400$/],
  ["CL with a space inside", get("Content-Length: 3 4", NEXT), /^400$/],
  ["chunked POST", post("Transfer-Encoding: chunked", `0\r\n\r\n${NEXT}`), /^400$/],
  [
    "chunk extension with a bare LF",
    post("Transfer-Encoding: chunked", "2;\nxx\r\nab\r\n"),
    /^400$/,
  ],
  ["chunk size overflow", post("Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFFF\r\n"), /^400$/],
  ["chunk without its CRLF", post("Transfer-Encoding: chunked", `0\r\nXX${NEXT}`), /^400$/],
  ["TRACE", `TRACE / HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`, /^400$/], // no Request is made of it
  ["POST with a body", post("Content-Length: 34", NEXT), /^405$/],
  ["expect 100", get("Expect: 100-continue\r\nContent-Length: 34", NEXT), /^400$/],
  ["only line feeds", `GET / HTTP/1.1\nHost: x\n\n${NEXT}`, /^400$/],
  ["folded field", get("A: b\r\n c", NEXT), /^400$/],
  ["space before the first field", `GET / HTTP/1.1\r\n Host: x\r\n\r\n${NEXT}`, /^400$/],
  ["no Host", `GET / HTTP/1.1\r\nA: b\r\n\r\n${NEXT}`, /^400$/],
  ["two Hosts", get("Host: y", NEXT), /^400$/],
  ["Host with a path", `GET / HTTP/1.1\r\nHost: x/y\r\n\r\n${NEXT}`, /^400$/],
  ["Host with a port too great", `GET / HTTP/1.1\r\nHost: x:65536\r\n\r\n${NEXT}`, /^400$/],
  ["GET for the server as a whole", `GET * HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`, /^400$/],
  ["Host with a user", `GET / HTTP/1.1\r\nHost: a@x\r\n\r\n${NEXT}`, /^400$/],
  ["NUL in a field", get("A: b\0c", NEXT), /^400$/],
  ["NUL in the target", `GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`, /^400$/],
  ["space in the target", `GET /a b HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`, /^400$/],
  ["bytes above ASCII in the target", `GET /ą HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`, /^400$/],
  ["field without a name", get(": b", NEXT), /^400$/],
  ["field without a colon", get("abc", NEXT), /^400$/],
  ["HTTP/0.9", `GET /\r\n\r\n${NEXT}`, /^(400|505)$/],
  ["HTTP/1.2", `GET / HTTP/1.2\r\nHost: x\r\n\r\n${NEXT}`, /^(400|505)$/],
  ["HTTP/2.0", `GET / HTTP/2.0\r\nHost: x\r\n\r\n${NEXT}`, /^(400|505)$/],
  ["HTTP/2 preface", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${NEXT}`, /^400$/],
  ["lower-case method", `get / HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`, /^400$/],
  [
    "absolute target that is no URL",
    `GET http://a:99999/ HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`,
    /^400$/,
  ],
  ["65 fields", get(Array.from({ length: 64 }, (_, i) => `A${i}: b`).join("\r\n"), NEXT), /^431$/],
  ["a field of 20 kB", get(`A: ${"a".repeat(20_000)}`, NEXT), /^431$/],
  [
    "a target of 20 kB",
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n${NEXT}`,
    /^(414|431)$/,
  ],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0".repeat(100), /^400$/],
];

/** The raw-socket corpus of gateway.md §9, against a server that takes no bodies. */
export function httpSmuggling(name: string, serve: ServeHttp): void {
  describe(`request smuggling: ${name}`, () => {
    let server: HttpServer | undefined;
    const paths: string[] = [];
    beforeAll(async () => {
      server = await serve({ host: "127.0.0.1", port: 0, requestBodyBytesMax: 0 }, (request) => {
        paths.push(new URL(request.url).pathname);
        const status = request.method === "POST" ? 405 : 200;
        return new Response(null, { status });
      });
    });
    afterAll(() => server?.stop(0));
    const port = (): number => server?.localAddress.port ?? 0;

    for (const [title, bytes, status] of REFUSED) {
      test(title, async () => {
        paths.length = 0;
        const client = await RawClient.open(port());
        client.send(bytes);
        await client.untilClosed();
        const responses = parseResponses(client.text, bytes.startsWith("HEAD") ? ["HEAD"] : []);
        expect(responses.length).toBe(1);
        expect(String(responses[0]?.status)).toMatch(status);
        const isSilent = bytes.startsWith("HEAD") || status.test("405");
        expect((responses[0]?.body.length ?? 0) > 20).toBe(!isSilent); // it says why
        expect(paths.filter((path) => path !== "/")).toEqual([]);
      });
    }

    test("CONNECT gets no tunnel", async () => {
      const client = await RawClient.open(port());
      client.send("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
      await client.untilClosed();
      expect(client.text).not.toMatch(/ 2\d\d /);
    });

    test("an Upgrade is passed over, and nothing that follows it is read", async () => {
      for (const protocol of ["h2c", "websocket\r\nSec-WebSocket-Version: 13", "TLS/1.0"]) {
        paths.length = 0;
        const client = await RawClient.open(port());
        client.send(get(`Connection: Upgrade\r\nUpgrade: ${protocol}`, NEXT));
        await client.untilClosed();
        expect(parseResponses(client.text).map(({ status }) => status)).toEqual([200]);
        expect(paths).toEqual(["/"]);
      }
    });

    test("what is unusual but clear is answered, and the connection lives on", async () => {
      for (
        const fine of [
          get("Content-Length: 0"),
          get("Expect: something"), // a server may pass it over (RFC 9110 §10.1.1)
          `\r\n${get("A: b")}`,
          "GET http://other.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x:\r\n\r\n", // a port may be empty (RFC 3986 §3.2.3)
        ]
      ) {
        paths.length = 0;
        const { text } = await RawClient.ask(port(), fine + NEXT, 50);
        expect(parseResponses(text).map(({ status }) => status)).toEqual([200, 200]);
        expect(paths).toEqual(["/", "/smuggled"]);
      }
      const old = await RawClient.ask(port(), "GET / HTTP/1.0\r\n\r\n", 50);
      expect(parseResponses(old.text)[0]?.status).toBe(200);
    });
  });
}
