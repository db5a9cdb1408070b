import { CHUNK_BYTES, ChunkSplitter } from "../../../src/content/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { vectorStream } from "../../support/vector_stream.ts";

const STREAM = vectorStream(3 * CHUNK_BYTES + 5);

function split(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const splitter = new ChunkSplitter();
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    chunks.push(...splitter.push(bytes.subarray(at, at + pieceBytes)));
  }
  const last = splitter.end();
  return last === undefined ? chunks : [...chunks, last];
}

describe("ChunkSplitter", () => {
  test("gives the same chunks however the stream is cut", () => {
    const expected = [0, 1, 2, 3].map((i) =>
      STREAM.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)
    );
    for (const pieceBytes of [65_536, CHUNK_BYTES - 1, CHUNK_BYTES, 700_001, STREAM.length]) {
      const chunks = split(STREAM, pieceBytes);
      expect(chunks.map((chunk) => chunk.length)).toEqual([
        CHUNK_BYTES,
        CHUNK_BYTES,
        CHUNK_BYTES,
        5,
      ]);
      chunks.forEach((chunk, i) => expect(Buffer.compare(chunk, expected[i] ?? STREAM)).toBe(0));
    }
  });

  test("ends without a short chunk at a border, and after nothing", () => {
    const splitter = new ChunkSplitter();
    expect(splitter.end()).toBeUndefined();
    expect([...splitter.push(STREAM.subarray(0, CHUNK_BYTES))]).toHaveLength(1);
    expect([...splitter.push(new Uint8Array(0))]).toEqual([]);
    expect(splitter.end()).toBeUndefined();
  });

  test("fills the buffers it is given and asks for one only when bytes come", () => {
    let asked = 0;
    const splitter = new ChunkSplitter(() => {
      asked++;
      return new Uint8Array(CHUNK_BYTES);
    });
    for (const _ of splitter.push(STREAM.subarray(0, CHUNK_BYTES))) expect(asked).toBe(1);
    expect(asked).toBe(1);
  });
});
