import { tarPieces } from "../../../src/gateway/tar_stream.ts";
import { concatBytes, formatMetaId, parseMetaId, SkerryError } from "../../../src/lib/mod.ts";
import type { Node } from "../../../src/node/mod.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";
import { readTar } from "../../support/read_tar.ts";

const { node, meta } = new GatewayFixture();

function rootOf(...segments: string[]) {
  const id = parseMetaId(meta);
  if (id === undefined) throw new Error(meta);
  return { meta: id, segments };
}

async function* tarOf(asked: Pick<Node, "resolve">, ...segments: string[]) {
  const root = rootOf(...segments);
  const found = await node.resolve(root.meta, root.segments);
  yield* tarPieces(asked, root, found, "top", {});
}

test("every entry of a tree once, directories before what is in them", async () => {
  const pieces: Uint8Array[] = [];
  for await (const piece of tarOf(node)) pieces.push(piece);
  const paths = readTar(concatBytes(...pieces)).map(({ path }) => path);
  expect(paths[0]).toBe("top/");
  expect(paths).toContain("top/ą/ę/file-źł.txt");
  expect(paths).toContain("top/sub/deep/");
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.indexOf("top/sub/deep/")).toBeLessThan(paths.indexOf("top/sub/deep/c.txt"));
});

test("entries are had by their paths from what was asked for: a denied one cuts it", async () => {
  const asked: string[] = [];
  const denying: Pick<Node, "resolve"> = {
    resolve(id, path, options) {
      asked.push(`${formatMetaId(id)}/${path.join("/")}`);
      if (path.join("/") !== "sub/deep/c.txt") return node.resolve(id, path, options);
      return Promise.reject(new SkerryError("DENIED", "no"));
    },
  };
  const read = async () => {
    for await (const _ of tarOf(denying, "sub"));
  };
  await expect(read()).rejects.toMatchObject({ code: "DENIED" });
  expect(asked.slice(-2)).toEqual([`${meta}/sub/deep`, `${meta}/sub/deep/c.txt`]);
});

test("whoever leaves early stops the reading", async () => {
  for await (const piece of tarOf(node)) {
    if (piece.length > 10_000) break; // in the midst of big.bin
  }
  expect(node.counts.readsOpen).toBe(0);
});
