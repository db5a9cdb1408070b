import { readRequest } from "../../../src/runtime/bun/http3_request.ts";
import { expect, test } from "../../support/harness.ts";

const FIELDS = { ":method": "GET", ":scheme": "https", ":authority": "a.example", ":path": "/b" };

test("a request is told in the words of the other versions", () => {
  const read = readRequest({ ...FIELDS, "x-one": "1", "x-two": ["2", "3"] });
  const { incoming } = read ?? {};
  expect(read?.refusal).toBe(undefined);
  expect([incoming?.method, incoming?.url, incoming?.httpVersion]).toEqual(["GET", "/b", "3.0"]);
  expect(incoming?.rawHeaders)
    .toEqual(["host", "a.example", "x-one", "1", "x-two", "2", "x-two", "3"]);
  expect(incoming?.headers["x-two"]).toBe("2, 3");
});

test("a Host beside the authority may say the same, and nothing else", () => {
  const read = readRequest({ ...FIELDS, host: "a.example" });
  expect(read?.incoming.rawHeaders).toEqual(["host", "a.example"]);
  expect(read?.refusal).toBe(undefined);
  expect(readRequest({ ...FIELDS, host: ["a.example", "a.example"] })?.refusal?.status).toBe(400);
});

for (
  const [what, fields] of [
    ["no method", { ":method": undefined }],
    ["two methods", { ":method": ["GET", "GET"] }],
    ["a method that is no word", { ":method": "G T" }],
    ["no scheme", { ":scheme": undefined }],
    ["no path", { ":path": undefined }],
    ["an empty path", { ":path": "" }],
    ["two paths", { ":path": ["/a", "/b"] }],
    ["a space in its path", { ":path": "/a b" }],
    ["bytes in its path that are not ASCII", { ":path": "/\u00e9" }],
    ["two authorities", { ":authority": ["a", "b"] }],
    ["a pseudo-field of an answer", { ":status": "200" }],
    ["a name that is no word", { "x a": "1" }],
    ["a name in upper case", { "X-A": "1" }],
    ["a name without letters", { "": "1" }],
    ["a line break in a value", { "x-a": "b\r\nc: d" }],
    ["a zero in a value", { "x-a": "b\0c" }],
    ["a character in a value that is no byte", { "x-a": "\u0100" }],
  ] as const
) {
  test(`${what}: that is no request`, () => {
    expect(readRequest({ ...FIELDS, ...fields as Record<string, string> })).toBe(undefined);
  });
}

test("what the other versions refuse is refused, and a head that is too long", () => {
  const statusOf = (fields: Record<string, string | string[]>): number | undefined =>
    readRequest({ ...FIELDS, ...fields })?.refusal?.status;
  expect(statusOf({ host: "b.example" })).toBe(400);
  expect(statusOf({ "transfer-encoding": "chunked" })).toBe(400);
  expect(statusOf({ "content-length": "5" })).toBe(400);
  expect(statusOf({ "x-a": "a".repeat(16_384) })).toBe(431);
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`x-${i}`, "1"]));
  expect(statusOf(many)).toBe(431); // Host is one of them
  expect(statusOf({})).toBe(undefined);
});
