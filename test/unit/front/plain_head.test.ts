import fc from "fast-check";
import { plainHead } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const read = (text: string) => plainHead(new Uint8Array(Buffer.from(text, "latin1")));
const PLAIN = "GET /file/a?b HTTP/1.1\r\nHost: x.example:80\r\nAccept: */*\r\n\r\n";

test("a plain head is read to its empty line and no further", () => {
  const head = read(`${PLAIN}GET /next`);
  expect([head?.method, head?.target, head?.isLast]).toEqual(["GET", "/file/a?b", false]);
  expect(head?.text).toBe(PLAIN);
  expect([head?.header("accept"), head?.header("range")]).toEqual(["*/*", undefined]);
  expect(read(PLAIN.replace("Accept: */*", "Connection: CLOSE"))?.isLast).toBe(true);
});

test("a head of HTTP/1.0 is plain as well, needs no Host, and is the last", () => {
  const old = "GET /a HTTP/1.0\r\n";
  for (const more of ["", "Host: x\r\n", "Connection: close\r\n", "Connection: Keep-Alive\r\n"]) {
    const head = read(`${old}${more}\r\n`);
    expect([more, head?.isHttp10, head?.isLast]).toEqual([more, true, true]);
  }
  expect([read(PLAIN)?.isHttp10, read(`${old}\r\n`)?.header("host")]).toEqual([false, undefined]);
});

test("whatever two readers could understand in two ways is no plain head", () => {
  const host = "Host: x\r\n";
  const odd = [
    "GET /a HTTP/1.1\r\nHost: x\r\n", // not all of it
    "GET /a HTTP/1.2\r\nHost: x\r\n\r\n",
    "GET /a HTTP/1.0\r\nHost:\r\n\r\n",
    "GET /a HTTP/1.0\r\nHost: x/y\r\n\r\n",
    "GET /a HTTP/1.0\r\nConnection: keep-alive, x\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "get /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /\u00e4 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /a HTTP/1.1\nHost: x\n\n",
    "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /a HTTP/1.1\r\n\r\n",
    "GET /a HTTP/1.1\r\nHost: x y\r\n\r\n",
    ...[
      "Host: y",
      "Content-Length: 0",
      "Transfer-Encoding: chunked",
      "Expect: 100-continue",
      "Upgrade: h2c",
      "Connection: close, x",
      "Name : value",
      " folded: value",
      "a\tb: c",
      "X: a\tb",
      "X: \u00e4",
      "X: a\rb",
      "X: a\nY: b",
      "no colon",
      ": nothing",
    ].map((line) => `GET /a HTTP/1.1\r\n${host}${line}\r\n\r\n`),
    `GET /a HTTP/1.1\r\n${host}${
      Array.from({ length: 64 }, (_, i) => `x${i}: y\r\n`).join("")
    }\r\n`,
    `GET /a HTTP/1.1\r\n${host}X: ${"y".repeat(16_384)}\r\n\r\n`,
  ];
  for (const text of odd) {
    expect([text.slice(0, 60), read(text)]).toEqual([text.slice(0, 60), undefined]);
  }
});

test("no bytes throw, and what is read is what stands there", () => {
  const part = fc.constantFrom(...[
    "GET ",
    "/",
    " HTTP/1.1",
    "\r\n",
    "Host: a",
    ":",
    "\n",
    "\0",
    "x",
  ]);
  fc.assert(fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
    const text = parts.join("");
    const head = plainHead(text);
    if (head !== undefined) expect(text.startsWith(head.text)).toBe(true);
  }));
});

test("a head of spaces is read in one pass: by their cube it would take hours", () => {
  const field = (value: string) => read(`GET /a HTTP/1.1\r\nHost: x\r\nX:${value}\r\n\r\n`);
  const spaces = " ".repeat(7_000);
  for (const end of ["\t", "\x80", "\n", "a\t"]) {
    expect(field(`${spaces}${spaces}${end}`)).toBe(undefined);
  }
  expect(field(`${spaces}y${spaces}`)?.header("x")).toBe("y");
});
