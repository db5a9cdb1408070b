import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chunkIdOf } from "../../src/content/mod.ts";
import { toHex } from "../../src/lib/mod.ts";
import { localFiles } from "../../src/runtime/shared/local_files.ts";
import { CHUNK_BYTES, type Tree } from "../support/fake_objects.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { publisherOf } from "../support/publisher.ts";
import { siteTree, testBytes } from "../support/site_tree.ts";

/** The fixture `site/` as any node that has it names it. Ids follow from the content alone. */
export interface Site {
  /** Strong id of the root. */
  readonly link: string;
  /** Plain id of the root. */
  readonly meta: string;
  /** Ids of the chunks of big.bin, in order. */
  readonly chunks: readonly string[];
  readonly big: Uint8Array;
}

/** Writes the tree into `folder`, which is made. */
export function writeSite(folder: string, tree: Tree = siteTree()): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    const path = join(folder, name);
    if (typeof content === "string" || content instanceof Uint8Array) writeFileSync(path, content);
    else writeSite(path, content as Tree);
  }
}

/** The ids of a site that writeSite() wrote. */
export async function siteOf(folder: string): Promise<Site> {
  const publisher = publisherOf(localFiles, new MemoryStore()).service;
  const { link, meta } = await publisher.publishPath(folder);
  const big = testBytes(5 * CHUNK_BYTES + 3);
  const chunks: string[] = [];
  for (let at = 0; at < big.length; at += CHUNK_BYTES) {
    chunks.push(toHex(chunkIdOf(big.subarray(at, at + CHUNK_BYTES))));
  }
  return { link, meta, chunks, big };
}
