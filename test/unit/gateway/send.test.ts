import fc from "fast-check";
import { parseRange } from "../../../src/http/mod.ts";
import { toBase32 } from "../../../src/lib/mod.ts";
import { CHUNK_BYTES } from "../../support/fake_objects.ts";
import { testBytes } from "../../support/site_tree.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const BIG = testBytes(5 * CHUNK_BYTES + 3);
const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

test("G16 a range beside unobtainable chunks succeeds; the whole breaks off", async () => {
  const fixture = new GatewayFixture();
  fixture.node.isRemote = true;
  const [, before, , after] = fixture.bigChunks;
  for (const lost of [before ?? "", after ?? ""]) {
    fixture.node.unobtainable.clear();
    fixture.node.unobtainable.add(lost);
    const start = 2 * CHUNK_BYTES;
    const range = `bytes=${start}-${start + 99}`;
    fixture.node.counts.networkBytes = 0;
    const response = await fixture.file("big.bin", { range });
    expect(response.status).toBe(206);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(BIG.slice(start, start + 100));
    expect(fixture.node.counts.networkBytes).toBe(100);
    const whole = await fixture.file("big.bin");
    expect(whole.status).toBe(200);
    expect(whole.headers.get("content-length")).toBe(String(BIG.length));
    await expect(whole.arrayBuffer()).rejects.toThrow("all failed");
  }
  expect(fixture.node.counts.readsOpen).toBe(0);
});

test("a failure before the first byte has a status of its own", async () => {
  const fixture = new GatewayFixture();
  fixture.node.unobtainable.add(fixture.bigChunks[0] ?? "");
  const response = await fixture.file("big.bin");
  expect(response.status).toBe(502);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(response.headers.has("etag")).toBe(false);
});

/** The bytes of a 206 or 200, part by part, each with the place that it says it has. */
async function partsOf(response: Response): Promise<{ start: number; bytes: string }[]> {
  const body = latin1(new Uint8Array(await response.arrayBuffer()));
  expect(String(body.length)).toBe(response.headers.get("content-length") ?? "");
  const type = response.headers.get("content-type") ?? "";
  const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(type)?.[1];
  if (boundary === undefined) {
    const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? "0";
    return [{ start: Number(start), bytes: body }];
  }
  expect(body.endsWith(`\r\n--${boundary}--\r\n`)).toBe(true);
  return body.slice(0, -`\r\n--${boundary}--\r\n`.length).split(`--${boundary}\r\n`).slice(1)
    .map((part, index, all) => {
      const [head = "", ...rest] = part.split("\r\n\r\n");
      const bytes = rest.join("\r\n\r\n");
      const start = Number(/Content-Range: bytes (\d+)-/.exec(head)?.[1]);
      return { start, bytes: index === all.length - 1 ? bytes : bytes.slice(0, -2) };
    });
}

test("G06 law: any Range header gives the bytes it asks for, or all", async () => {
  const fixture = new GatewayFixture();
  const content = testBytes(300_000);
  const id = toBase32(fixture.node.add(content).strongId);
  const place = fc.oneof(fc.constant(""), fc.integer({ min: 0, max: 310_000 }).map(String));
  const header = fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 12 })
    .map((specs) => `bytes=${specs.map(([from, to]) => `${from}-${to}`).join(",")}`);
  await fc.assert(
    fc.asyncProperty(header, async (range) => {
      const response = await fixture.get(`/file/${id}`, { headers: { range } });
      const asked = parseRange(range, content.length);
      if (asked.kind === "unsatisfiable") return expect(response.status).toBe(416);
      expect(response.headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
      const parts = await partsOf(response);
      for (const { start, bytes } of parts) {
        expect(bytes).toBe(latin1(content.subarray(start, start + bytes.length)));
      }
      if (response.status === 200) return expect(parts[0]?.bytes.length).toBe(content.length);
      const ranges = asked.kind === "ranges" ? asked.ranges : [];
      expect(parts.map(({ start, bytes }) => ({ start, end: start + bytes.length })))
        .toEqual([...ranges]);
    }),
    { numRuns: 60 },
  );
});

test("parts that would cost more than the whole give the whole", async () => {
  const fixture = new GatewayFixture();
  const response = await fixture.file("ascii.txt", { range: "bytes=6-16,0-4" });
  expect(response.status).toBe(200);
  expect((await response.text()).length).toBe(31);
});

test("a range of a file above the guard gets 501, the whole does not", async () => {
  const fixture = new GatewayFixture({ rangeFileBytesMax: CHUNK_BYTES });
  expect((await fixture.file("big.bin", { range: "bytes=0-1" })).status).toBe(501);
  expect((await fixture.file("ascii.txt", { range: "bytes=0-1" })).status).toBe(206);
  const whole = await fixture.file("big.bin");
  expect(whole.status).toBe(200);
  await whole.body?.cancel();
});

test("bytes are read as they are taken, and reading ends with the reader", async () => {
  const fixture = new GatewayFixture();
  const response = await fixture.file("big.bin");
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.read();
  expect(fixture.node.counts.piecesRead).toBeLessThanOrEqual(3);
  expect(fixture.node.counts.readsOpen).toBe(1);
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(fixture.node.counts.readsOpen).toBe(0);
});
