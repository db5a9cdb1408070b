import { sha1 } from "../../src/crypto/mod.ts";
import { SeededRandom, toHex } from "../../src/lib/mod.ts";
import { ABSENT } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";
import type { Answer } from "./http_client.ts";
import type { Target } from "./target.ts";

export const IMMUTABLE = "public, max-age=31536000, immutable";
const MIB = 2 ** 20;

/** G01 to G07 of the black-box list: one chunk by its id. */
export function chunkRows(target: () => Target): void {
  const id = (): string => target().site.chunks[0] ?? "";
  const chunk = (): Uint8Array => target().site.big.subarray(0, MIB);
  const ask = (headers: Record<string, string> = {}, method = "GET", search = "") =>
    target().http.ask(`/chunk/${id()}${search}`, { headers, method });

  test("G01 a chunk is its bytes, to be saved and never shown", async () => {
    const { status, headers, body, isWhole } = await ask();
    expect([status, isWhole, toHex(sha1(body))]).toEqual([200, true, id()]);
    expect(headers.get("content-length")).toBe(String(MIB));
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-disposition")).toBe(`attachment; filename="${id()}.bin"`);
  });

  test("G02 HEAD tells the same and sends nothing", async () => {
    const [got, head] = [await ask(), await ask({}, "HEAD")];
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(comparable(head)).toEqual(comparable(got));
  });

  test("G03 a range is 206 under the tag of the whole", async () => {
    const whole = await ask({}, "HEAD");
    const { status, headers, body } = await ask({ range: "bytes=6-16" });
    expect(status).toBe(206);
    expect(headers.get("content-range")).toBe(`bytes 6-16/${MIB}`);
    expect(toHex(body)).toBe(toHex(chunk().subarray(6, 17)));
    expect(headers.get("etag")).toBe(whole.headers.get("etag") ?? "");
  });

  test("G04 ?filename= names the download", async () => {
    const { headers } = await ask({}, "HEAD", "?filename=foobar.bin");
    expect(headers.get("content-disposition")).toStartWith('attachment; filename="foobar.bin');
  });

  test("G05 tag, place and lifetime", async () => {
    const { headers } = await ask({}, "HEAD");
    expect(headers.get("etag")).toBe(`"${id()}"`);
    expect(headers.get("x-skerry-path")).toBe(`/chunk/${id()}`);
    expect(headers.get("x-skerry-roots")).toBe(id());
    expect(headers.get("cache-control")).toBe(IMMUTABLE);
    expect(headers.get("accept-ranges")).toBe("bytes");
  });

  test("G06 random ranges, one or several, give the right bytes", async () => {
    const random = new SeededRandom(6);
    const below = (bound: number): number => random.u32() % bound;
    for (let i = 0; i < 24; i++) {
      const count = 1 + below(10);
      const asked = Array.from({ length: count }, () => {
        const start = below(MIB);
        return [start, start + below(2_000)] as const;
      });
      const answer = await ask({
        range: `bytes=${asked.map((pair) => pair.join("-")).join(", ")}`,
      });
      expectRanges(answer, chunk());
      if (count === 1) expect(answer.headers.get("content-range")).toBeDefined();
      for (const [start, end] of asked) expect(covers(answer, start, end)).toBe(true);
    }
  });

  test("G07 an id in capitals moves; what is no id is named in the refusal", async () => {
    for (const [path, text] of [["/chunk/", id()], ["/file/", target().site.meta]] as const) {
      const moved = await target().http.get(`${path}${text.toUpperCase()}?a=1`);
      expect([moved.status, moved.headers.get("location")]).toEqual([301, `${path}${text}?a=1`]);
      for (const bad of [ABSENT.slice(1), `${ABSENT}0`, `${ABSENT.slice(1)}g`]) {
        const { status, text: problem, headers } = await target().http.get(path + bad);
        expect(status).toBe(400);
        expect(problem).toContain(bad);
        expect(headers.get("cache-control")).toBe("public, max-age=86400");
      }
    }
  });
}

/** Headers that two answers about the same bytes share. */
export function comparable({ headers }: Answer): Record<string, string> {
  const shared = new Map(headers);
  const varying = ["date", "server-timing", "x-skerry-price", "x-skerry-source"];
  for (const name of varying) shared.delete(name);
  return Object.fromEntries([...shared].sort());
}

/** The parts of an answer: offset and bytes. */
function partsOf(answer: Answer): { readonly start: number; readonly bytes: Uint8Array }[] {
  if (answer.status === 200) return [{ start: 0, bytes: answer.body }];
  const single = /^bytes (\d+)-/.exec(answer.headers.get("content-range") ?? "")?.[1];
  if (single !== undefined) return [{ start: Number(single), bytes: answer.body }];
  return multipartOf(answer);
}

/** Reads a multipart/byteranges body (RFC 9110 §14.6) by the lengths in it. */
export function multipartOf(answer: Answer): { start: number; bytes: Uint8Array }[] {
  const type = answer.headers.get("content-type") ?? "";
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(type)?.[1] ?? "";
  const latin1 = new TextDecoder("latin1").decode(answer.body);
  const parts: { start: number; bytes: Uint8Array }[] = [];
  let at = 0;
  while (!latin1.startsWith(`\r\n--${boundary}--\r\n`, at)) {
    const end = latin1.indexOf("\r\n\r\n", at + 2) + 4;
    const head = latin1.slice(at, end);
    const [, first, last] = /Content-Range: bytes (\d+)-(\d+)\/\d+/i.exec(head) ?? [];
    if (!head.includes(`--${boundary}\r\n`) || first === undefined) throw new Error(head);
    at = end + Number(last) - Number(first) + 1;
    parts.push({ start: Number(first), bytes: answer.body.subarray(end, at) });
  }
  return parts;
}

function expectRanges(answer: Answer, whole: Uint8Array): void {
  expect([200, 206]).toContain(answer.status);
  expect(answer.isWhole).toBe(true);
  const parts = partsOf(answer);
  expect(parts.length).toBeLessThanOrEqual(8);
  for (const { start, bytes } of parts) {
    expect(Buffer.compare(bytes, whole.subarray(start, start + bytes.length))).toBe(0);
  }
}

function covers(answer: Answer, first: number, last: number): boolean {
  const end = Math.min(last, MIB - 1);
  return partsOf(answer).some(({ start, bytes }) => {
    return start <= first && end < start + bytes.length;
  });
}
