import { layOutMultipart, multipartPieces } from "../../../src/http/mod.ts";
import { concatBytes, fromUtf8, utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const CONTENT = utf8("0123456789abcdefghijklmnopqrstu");

async function* read(range: { start: number; end: number }) {
  for (let at = range.start; at < range.end; at += 3) {
    yield CONTENT.subarray(at, Math.min(range.end, at + 3));
  }
}

test("a multipart body is as long as laid out and reads as RFC 9110 §14.6 shows it", async () => {
  const layout = layOutMultipart([{ start: 6, end: 17 }, { start: 0, end: 5 }], {
    size: CONTENT.length,
    contentType: "text/plain",
    tag: "abc",
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of multipartPieces(layout, read)) pieces.push(piece);
  const body = concatBytes(...pieces);
  expect(body.length).toBe(layout.length);
  expect(layout.contentType).toBe("multipart/byteranges; boundary=sabc");
  expect(fromUtf8(body)?.split("\r\n")).toEqual([
    ...["--sabc", "Content-Type: text/plain", "Content-Range: bytes 6-16/31", "", "6789abcdefg"],
    ...["--sabc", "Content-Type: text/plain", "Content-Range: bytes 0-4/31", "", "01234"],
    ...["--sabc--", ""],
  ]);
});

test("nothing is yielded before the first part has a byte", async () => {
  const layout = layOutMultipart([{ start: 0, end: 5 }, { start: 6, end: 9 }], {
    size: 31,
    contentType: undefined,
    tag: "abc",
  });
  const pieces = multipartPieces(layout, async function* () {
    yield await Promise.reject(new Error("gone"));
  });
  await expect(pieces.next()).rejects.toThrow("gone");
});
