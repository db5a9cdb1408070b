import { tarPieces } from "../../../src/gateway/tar_stream.ts";
import { concatBytes, formatMetaId, parseMetaId, SkerryError } from "../../../src/lib/mod.ts";
import type { Node, ResolvedDirectory } from "../../../src/node/mod.ts";
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

/** A directory of as many empty ones, on a node that answers all that wait at once, each time. */
function slowNode(entryCount: number) {
  const names = Array.from({ length: entryCount }, (_, i) => `dir-${100 + i}`);
  const list = () => Promise.resolve(names.map((name) => ({ name })));
  const root = { kind: "directory", entryCount, list } as unknown as ResolvedDirectory;
  const signals: (AbortSignal | undefined)[] = [];
  const seen = { rounds: 0, most: 0 };
  let waiting: (() => void)[] = [];
  const asked: Pick<Node, "resolve"> = {
    resolve(_id, _path, options) {
      signals.push(options?.signal);
      return new Promise((done) => {
        if (waiting.push(() => done({ ...root, entryCount: 0 })) === 1) setImmediate(answer);
        seen.most = Math.max(seen.most, waiting.length);
      });
    },
  };
  const answer = (): void => {
    const answered = waiting.reverse();
    waiting = [];
    seen.rounds++;
    for (const done of answered) done();
  };
  return { names, root, asked, signals, seen };
}

test("entries are resolved up to 32 ahead and told in order, whichever comes first", async () => {
  const { names, root, asked, seen } = slowNode(100);
  const pieces: Uint8Array[] = [];
  for await (const piece of tarPieces(asked, rootOf(), root, "top", {})) {
    pieces.push(piece.slice());
  }
  const paths = readTar(concatBytes(...pieces)).map(({ path }) => path);
  expect(paths).toEqual(["top/", ...names.map((name) => `top/${name}/`)]);
  expect(seen.most).toBe(32);
  expect(seen.rounds).toBeLessThan(10); // 100 one by one
});

test("whoever leaves, or is called off, waits for none of those that were begun", async () => {
  const caller = new AbortController();
  const { root, asked, signals } = slowNode(100);
  let taken = 0;
  for await (const _ of tarPieces(asked, rootOf(), root, "top", { signal: caller.signal })) {
    if (++taken === 2) {
      expect(signals.some((signal) => signal?.aborted !== false)).toBe(false);
      break;
    }
  }
  expect(signals.length).toBeLessThanOrEqual(33);
  expect(signals.every((signal) => signal?.aborted === true)).toBe(true);
  const again = slowNode(1);
  for await (
    const _ of tarPieces(again.asked, rootOf(), again.root, "top", {
      signal: AbortSignal.abort(),
    })
  ) { /* a node that is called off rejects; this one does not listen */ }
  expect(again.signals[0]?.aborted).toBe(true);
});

test("whoever leaves early stops the reading", async () => {
  for await (const piece of tarOf(node)) {
    if (piece.length > 10_000) break; // in the midst of big.bin
  }
  expect(node.counts.readsOpen).toBe(0);
});
