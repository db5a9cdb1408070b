import type { BodyLimits } from "../../../src/gateway/exchange.ts";
import { ConcurrencyLimit } from "../../../src/gateway/limits.ts";
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

/** As many places for what is asked for before its turn. */
function limitsOf(places: number): BodyLimits & { taken(): number; readonly booked: unknown[] } {
  const ahead = new ConcurrencyLimit(places, places);
  const booked: unknown[] = [];
  return {
    enterAhead: () => ahead.enter(undefined),
    bookFailure: (error) => void booked.push(error),
    taken: () => ahead.total,
    booked,
  };
}

async function* tarOf(asked: Pick<Node, "resolve">, ...segments: string[]) {
  const root = rootOf(...segments);
  const found = await node.resolve(root.meta, root.segments);
  yield* tarPieces(asked, root, found, "top", {}, limitsOf(8));
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

test("a rule that comes in force while an archive is sent ends it there", async () => {
  const denied = new Set<string>();
  const ruled: Pick<Node, "resolve"> = {
    async resolve(id, path, options) {
      const found = await node.resolve(id, path, options);
      if (denied.has(path.join("/"))) throw new SkerryError("DENIED", "no");
      return found;
    },
  };
  const root = await node.resolve(rootOf().meta, []);
  if (root.kind !== "directory") throw new Error(root.kind);
  const names = (await root.list(0, 1000)).map(({ name }) => name);
  const [first = "", second = ""] = names;
  const pieces: Uint8Array[] = [];
  const read = async () => {
    for await (const piece of tarOf(ruled)) {
      pieces.push(piece.slice());
      if (pieces.length !== 2) continue; // the head of the first entry
      await new Promise(setImmediate); // all that was begun before its turn is over
      denied.add(second);
    }
  };
  await expect(read()).rejects.toMatchObject({ code: "DENIED" });
  const sent = new TextDecoder().decode(concatBytes(...pieces));
  expect(sent).toContain(`top/${first}`);
  expect(sent).not.toContain(`top/${second}`);
});

/** A directory of as many empty ones, on a node that answers all that wait at once, each time, and
 * has at hand what it answered. */
function slowNode(entryCount: number) {
  const names = Array.from({ length: entryCount }, (_, i) => `dir-${100 + i}`);
  const list = () => Promise.resolve(names.map((name) => ({ name })));
  const root = { kind: "directory", entryCount, list } as unknown as ResolvedDirectory;
  const signals: (AbortSignal | undefined)[] = [];
  const seen = { rounds: 0, most: 0 };
  let waiting: (() => void)[] = [];
  const begun = new Map<string, Promise<ResolvedDirectory>>();
  const begin = () =>
    new Promise<ResolvedDirectory>((done) => {
      if (waiting.push(() => done({ ...root, entryCount: 0 })) === 1) setImmediate(answer);
      seen.most = Math.max(seen.most, waiting.length);
    });
  const asked: Pick<Node, "resolve"> = {
    resolve(_id, [name = ""], options) {
      signals.push(options?.signal);
      const known = begun.get(name) ?? begin();
      begun.set(name, known);
      return known;
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

test("entries are resolved up to 8 ahead and told in order, whichever comes first", async () => {
  const { names, root, asked, seen } = slowNode(100);
  const pieces: Uint8Array[] = [];
  const limits = limitsOf(100);
  for await (const piece of tarPieces(asked, rootOf(), root, "top", {}, limits)) {
    pieces.push(piece.slice());
  }
  const paths = readTar(concatBytes(...pieces)).map(({ path }) => path);
  expect(paths).toEqual(["top/", ...names.map((name) => `top/${name}/`)]);
  expect(seen.most).toBe(9); // with the one whose turn it is
  expect(seen.rounds).toBeLessThan(30); // 100 one by one
  expect([limits.taken(), limits.booked]).toEqual([0, []]);
});

test("an archive without a place goes on entry by entry, until some come free", async () => {
  const { root, asked, seen } = slowNode(100);
  const limits = limitsOf(4);
  const others = Array.from({ length: 4 }, () => limits.enterAhead());
  let taken = 0;
  for await (const _ of tarPieces(asked, rootOf(), root, "top", {}, limits)) {
    if (++taken !== 50) continue;
    expect(seen.most).toBe(1);
    for (const leave of others) leave?.();
  }
  expect(taken).toBe(102);
  expect(seen.most).toBe(5);
  expect(limits.taken()).toBe(0);
});

test("what an archive has begun to look for is booked where it ends for one of them", async () => {
  const { names, root } = slowNode(100);
  const [here = "", ...missing] = names.slice(0, 3);
  const nobody = new SkerryError("CHUNK_NOT_FOUND", "nobody has it");
  const asked: string[] = [];
  const node: Pick<Node, "resolve"> = {
    resolve(_id, [name = ""], options) {
      asked.push(name);
      if (name === here) return Promise.resolve({ ...root, entryCount: 0 });
      if (missing.includes(name)) return Promise.reject(nobody);
      return new Promise((_, reject) => { // known when it is too late to be told again
        options?.signal?.addEventListener("abort", () => reject(nobody));
      });
    },
  };
  const limits = limitsOf(100);
  const read = async () => {
    for await (const _ of tarPieces(node, rootOf(), root, "top", {}, limits));
  };
  await expect(read()).rejects.toBe(nobody);
  await new Promise(setImmediate);
  expect(asked).toEqual([...names.slice(0, 9), missing[0] ?? ""]); // none once one is missing
  expect(limits.booked.length).toBe(7); // the eighth is its reader's
  expect(limits.taken()).toBe(0);
});

test("whoever leaves, or is called off, waits for none of those that were begun", async () => {
  const caller = new AbortController();
  const { root, asked, signals } = slowNode(100);
  let taken = 0;
  const { signal } = caller;
  for await (const _ of tarPieces(asked, rootOf(), root, "top", { signal }, limitsOf(100))) {
    if (++taken === 2) {
      expect(signals.some((signal) => signal?.aborted !== false)).toBe(false);
      break;
    }
  }
  expect(signals.length).toBeLessThanOrEqual(11);
  expect(signals.every((signal) => signal?.aborted === true)).toBe(true);
  const again = slowNode(1);
  for await (
    const _ of tarPieces(again.asked, rootOf(), again.root, "top", {
      signal: AbortSignal.abort(),
    }, limitsOf(100))
  ) { /* a node that is called off rejects; this one does not listen */ }
  expect(again.signals[0]?.aborted).toBe(true);
});

test("whoever leaves early stops the reading", async () => {
  for await (const piece of tarOf(node)) {
    if (piece.length > 10_000) break; // in the midst of big.bin
  }
  expect(node.counts.readsOpen).toBe(0);
});
