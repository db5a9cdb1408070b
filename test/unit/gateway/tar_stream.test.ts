import { tarPieces } from "../../../src/gateway/tar_stream.ts";
import { concatBytes, parseMetaId } from "../../../src/lib/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";
import { readTar } from "../../support/read_tar.ts";

const { node, meta } = new GatewayFixture();

async function found() {
  const id = parseMetaId(meta);
  if (id === undefined) throw new Error(meta);
  return await node.resolve(id, []);
}

test("every entry of a tree once, directories before what is in them", async () => {
  const pieces: Uint8Array[] = [];
  for await (const piece of tarPieces(node, await found(), "top", {})) pieces.push(piece);
  const paths = readTar(concatBytes(...pieces)).map(({ path }) => path);
  expect(paths[0]).toBe("top/");
  expect(paths).toContain("top/ą/ę/file-źł.txt");
  expect(paths).toContain("top/sub/deep/");
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.indexOf("top/sub/deep/")).toBeLessThan(paths.indexOf("top/sub/deep/c.txt"));
});

test("whoever leaves early stops the reading", async () => {
  for await (const piece of tarPieces(node, await found(), "top", {})) {
    if (piece.length > 10_000) break; // in the midst of big.bin
  }
  expect(node.counts.readsOpen).toBe(0);
});
