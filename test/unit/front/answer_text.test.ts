import { AnswerText } from "../../../src/front/answer_text.ts";
import type { KeptAnswer } from "../../../src/gateway/mod.ts";
import { type UnixMs, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a head is written as the node's server does, with the time of now", () => {
  let now = Date.UTC(2026, 10, 27, 18, 55, 25);
  const text = new AnswerText(() => now as UnixMs, 30_000);
  const answer: KeptAnswer = {
    status: 206,
    headers: ["etag", '"a"', "content-length", "2"],
    route: "file",
    body: utf8("hi"),
  };
  const read = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  expect(read(text.headOf(answer, false))).toBe(
    'HTTP/1.1 206 Partial Content\r\netag: "a"\r\ncontent-length: 2\r\n' +
      "Date: Fri, 27 Nov 2026 18:55:25 GMT\r\n" +
      "Connection: keep-alive\r\nKeep-Alive: timeout=30\r\n\r\n",
  );
  now += 1_000;
  expect(read(text.headOf(answer, true, utf8("hi")))).toBe(
    'HTTP/1.1 206 Partial Content\r\netag: "a"\r\ncontent-length: 2\r\n' +
      "Date: Fri, 27 Nov 2026 18:55:26 GMT\r\nConnection: close\r\n\r\nhi",
  );
  expect(text.headOf(answer, false)).toBe(text.headOf(answer, false)); // not written twice a second
  expect(read(text.headOf(answer, false))).toContain("18:55:26 GMT\r\nConnection: keep-alive\r\n");
  now += 1_000;
  expect(read(text.headOf(answer, false))).toContain("18:55:27 GMT\r\nConnection: keep-alive\r\n");
});

test("what would be no field on the wire is not written", () => {
  const text = new AnswerText(() => 0 as UnixMs, 5_000);
  const read = (headers: readonly string[]) => text.textOf(200, headers, false);
  expect(read(["a", "\xe9\t b"])).toStartWith("HTTP/1.1 200 OK\r\na: \xe9\t b\r\nDate: ");
  expect(read([])).toEndWith("Keep-Alive: timeout=5\r\n\r\n");
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
  ) expect(() => read(field)).toThrow(RangeError);
});
