import { CHUNK_BYTES, type Tree } from "./fake_objects.ts";

/** `count` bytes that no two offsets share by accident. */
export function testBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = Math.imul(i ^ (i >>> 8), 0x9e3779b1) >>> 24;
  return bytes;
}

/** The public tree of the black-box list (gateway.md §7). */
export function siteTree(): Tree {
  return {
    "index.html": "<!doctype html><title>site</title><p>Hello",
    "ascii.txt": "0123456789abcdefghijklmnopqrst\n",
    "hello.txt": "hello\n",
    json: { "t.json": '{"a":1}' },
    "ą": { "ę": { "file-źł.txt": "źł\n" } },
    "Portugal%2C+España=Peninsula Ibérica.txt": "Iberia\n",
    sub: { "a.txt": "a", "b <b>&.txt": "b", deep: { "c.txt": "c" } },
    "picture.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "big.bin": testBytes(5 * CHUNK_BYTES + 3),
    unnamed: "no extension, plain text\n",
    "empty.txt": "",
  };
}
