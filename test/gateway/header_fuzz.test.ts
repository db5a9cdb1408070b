import fc from "fast-check";
import { GatewayFixture } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";

/** `make soak` asks a million. */
const REQUESTS = Number(process.env["REQUESTS"] ?? 1500);
const fixture = new GatewayFixture();
const { meta, plainMeta, bigChunks } = fixture;

const NAMES = [
  ...["range", "if-range", "if-none-match", "if-match", "if-modified-since", "accept"],
  ...["cache-control", "service-worker", "x-forwarded-for", "x-forwarded-host", "host", "origin"],
  ...["accept-encoding", "content-type", "te", "upgrade", "via", "x-unknown"],
];
const PATHS = [
  ...["/", "/open", "/healthz", "/readyz", "/nothing", "/file/", `/file/${meta}`],
  ...[`/file/${meta}/`, `/file/${meta}/sub/`, `/file/${meta}/ascii.txt`, `/file/${meta}/unnamed`],
  ...[`/file/${plainMeta}/json/t.json`, `/chunk/${bigChunks[5]}`, `/file/${meta}/empty.txt`],
];
const KEYS = ["page", "format", "filename", "download", "link", "x"];

const text = fc.string({ unit: fc.constantFrom(..."abz019 =,;-*\"'\\/%.:()[]<>&+~\t") });
const value = fc.oneof(
  text,
  fc.constantFrom("bytes=0-5", "bytes=-3", "bytes=5-,1-2", "*", `"${meta}"`, 'W/"x"', "script"),
  fc.constantFrom("only-if-cached", "text/html", "127.0.0.1", "::1, 8.8.8.8", "raw", "1", "true"),
);
const segment = fc.oneof(
  text.map(encodeURIComponent),
  fc.string({ unit: "binary", maxLength: 8 }).map((s) => encodeURIComponent(s.toWellFormed())),
  fc.constantFrom("%", "%zz", "%00", "%2e%2e", "..", "%5c", "%252e", "a".repeat(300)),
);

test("law: no header, path or query makes a 500, and every answer is well-formed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("GET", "HEAD", "OPTIONS"),
      fc.constantFrom(...PATHS),
      fc.array(segment, { maxLength: 2 }),
      fc.array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 5 }),
      async (method, path, more, query, fields) => {
        const headers = new Headers();
        for (const [name, content] of fields) headers.append(name, content);
        const search = new URLSearchParams(query);
        const url = `http://localhost${path}${more.join("/")}?${search}`;
        const request = new Request(url, { method, headers });
        const remote = { ip: "198.51.100.7", port: 1 };
        const response = await fixture.gateway.fetch(request, { remote });
        expect([response.status, fixture.faults]).toEqual([response.status, []]);
        expect(response.status).not.toBe(500);
        const body = await response.arrayBuffer();
        const length = response.headers.get("content-length");
        const hasBody = method === "GET" && response.status !== 304;
        if (hasBody) expect(body.byteLength).toBe(Number(length));
        else expect(body.byteLength).toBe(0);
        response.headers.forEach((content) => expect(content).not.toMatch(/[\r\n\0]/));
      },
    ),
    { numRuns: REQUESTS },
  );
}, 3_600_000);
