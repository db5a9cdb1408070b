import { AnswerText } from "../../../src/front/answer_text.ts";
import type { UnixMs } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const read = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const FIELDS = ["etag", '"a"', "content-length", "2"];

test("a head is written as the node's server does, with the time of now", () => {
  let now = Date.UTC(2026, 10, 27, 18, 55, 25);
  const text = new AnswerText(() => now as UnixMs, 30_000);
  const kept = (isLast: boolean) => text.headOfKept(206, FIELDS, isLast);
  const start = 'HTTP/1.1 206 Partial Content\r\netag: "a"\r\ncontent-length: 2\r\n';
  const lasting = `${start}Date: Fri, 27 Nov 2026 18:55:25 GMT\r\n` +
    "Connection: keep-alive\r\nKeep-Alive: timeout=30\r\n\r\n";
  expect([read(kept(false)), read(text.headOf(206, FIELDS, false))]).toEqual([lasting, lasting]);
  now += 1_000;
  const last = `${start}Date: Fri, 27 Nov 2026 18:55:26 GMT\r\nConnection: close\r\n\r\n`;
  expect([read(kept(true)), read(text.headOf(206, FIELDS, true))]).toEqual([last, last]);
  expect(kept(false)).toBe(kept(false)); // not written twice a second
  expect(read(kept(false))).toContain("18:55:26 GMT\r\nConnection: keep-alive\r\n");
  now += 1_000;
  expect(read(kept(false))).toContain("18:55:27 GMT\r\nConnection: keep-alive\r\n");
});

test("what would be no field on the wire is not written", () => {
  const text = new AnswerText(() => 0 as UnixMs, 5_000);
  const written = (headers: readonly string[]) => read(text.headOf(200, headers, false));
  expect(written(["a", "\xe9\t b"])).toStartWith("HTTP/1.1 200 OK\r\na: \xe9\t b\r\nDate: ");
  expect(written([])).toEndWith("Keep-Alive: timeout=5\r\n\r\n");
  for (
    const field of [
      ["a", "b\r\nc: d"],
      ["a", "b\nc"],
      ["a", "\0"],
      ["a", "\u0142"],
      ["a b", "c"],
      ["", "c"],
      ["Content-Length", "+1"],
    ]
  ) expect(() => written(field)).toThrow(RangeError);
});
