import fc from "fast-check";
import { AnswerFraming, fieldOf } from "../../../src/front/answer_framing.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";

test("an answer ends where its length says, however it comes in pieces", () => {
  const bytes = utf8(`${HEAD}helloHTTP/1.1 404 `);
  const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 });
  fc.assert(fc.property(cuts, (at) => {
    const framing = new AnswerFraming("GET");
    let body = "";
    let end = 0;
    const bounds = [0, ...at.sort((a, b) => a - b), bytes.length];
    for (let i = 0; i + 1 < bounds.length && !framing.isOver; i++) {
      const piece = bytes.subarray(bounds[i], bounds[i + 1]);
      const taken = framing.take(piece);
      if (taken === undefined) throw new Error("that is an answer");
      body += Buffer.from(piece.subarray(taken.bodyAt, taken.end)).toString();
      end += taken.end;
    }
    expect([body, end]).toEqual(["hello", HEAD.length + 5]);
    expect(framing.head?.isLast).toBe(true);
  }));
});

test("HEAD, 204 and 304 have no body, whatever their length says", () => {
  for (
    const [method, status] of [["HEAD", "200 OK"], ["GET", "204 No"], ["GET", "304 Not"]] as const
  ) {
    const framing = new AnswerFraming(method);
    const head = utf8(`HTTP/1.1 ${status}\r\nContent-Length: 9\r\n\r\n`);
    expect(framing.take(head)).toEqual({ bodyAt: head.length, end: head.length });
    expect(framing.isOver).toBe(true);
  }
});

test("without a length it has no end of its own", () => {
  const framing = new AnswerFraming("GET");
  const bytes = utf8("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect(framing.take(bytes)?.end).toBe(bytes.length);
  expect([framing.isEndless, framing.isOver]).toEqual([true, false]);
});

test("what is no answer is none", () => {
  for (
    const text of ["HTTP/1.0 200 OK\r\n\r\n", "hello\r\n\r\n", "HTTP/1.1 100 Go\r\n\r\n"]
  ) {
    expect(new AnswerFraming("GET").take(utf8(text))).toBeUndefined();
  }
  const bad = utf8("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n");
  expect(new AnswerFraming("GET").take(bad)).toBeUndefined();
  expect(new AnswerFraming("GET").take(new Uint8Array(70_000).fill(65))).toBeUndefined();
  expect(fieldOf("A: b\r\nX-Y: z ", "x-y")).toBe("z");
});
