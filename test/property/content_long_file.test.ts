import {
  chunkHash,
  decodeManifest,
  type FileHead,
  FileManifestBuilder,
  type ManifestObject,
} from "../../src/content/mod.ts";
import { sha256 } from "../../src/crypto/mod.ts";
import { concatBytes, toHex } from "../../src/lib/mod.ts";
import { expect, test } from "../support/harness.ts";
import { syntheticChunk } from "../support/manifests.ts";

const LABEL = { name: "disk.img", mime: "" };

/** The dullest tree that can be right: rows of hashes, padded to a power of two. */
function rootByRows(leaves: readonly Uint8Array[], padding: Uint8Array): Uint8Array {
  let row = [...leaves];
  while (row.length & (row.length - 1)) row.push(padding);
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) {
      above.push(sha256(concatBytes(row[i] ?? padding, row[i + 1] ?? padding)));
    }
    row = above;
  }
  return row[0] ?? padding;
}

test("a file of 100 GiB has valid objects, each of 1 MiB at most, two levels deep", () => {
  const chunkCount = 102_400;
  const chunk = syntheticChunk(1);
  const builder = new FileManifestBuilder(LABEL);
  const pages: ManifestObject[] = [];
  for (let i = 0; i < chunkCount; i++) {
    const page = builder.add(chunk);
    if (page !== undefined) pages.push(page);
  }
  const [lastPage, head] = builder.finish();
  if (lastPage === undefined || head === undefined) throw new Error("a head comes last");
  pages.push(lastPage);

  expect(pages.length).toBe(1_600);
  for (const page of pages) expect(page.bytes.length).toBeLessThan(36_000);
  expect(head.bytes.length).toBeLessThan(84_000);
  const decoded = decodeManifest(head.bytes) as FileHead;
  expect(decoded.kind).toBe("file_head");
  expect(decoded.size).toBe(100 * 2 ** 30);
  expect(decoded.pages.map((page) => toHex(page.id))).toEqual(
    pages.map((page) => toHex(page.id)),
  );
  const zeroLeaves = new Uint8Array(32);
  const zeroChunk = rootByRows(new Array<Uint8Array>(64).fill(zeroLeaves), zeroLeaves);
  const nodes = new Array<Uint8Array>(chunkCount).fill(chunkHash(chunk.sliceHashes));
  expect(toHex(decoded.fileRoot)).toBe(toHex(rootByRows(nodes, zeroChunk)));
}, 60_000);
