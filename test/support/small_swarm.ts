import { parseMetaId } from "../../src/lib/mod.ts";
import type { ByteSource, Node, Published, PublishOptions } from "../../src/node/mod.ts";
import { SeededRandom } from "../../src/lib/mod.ts";
import { VirtualSwarm } from "../sim/virtual_swarm.ts";

/** 20 ms between any two machines, nothing lost. */
export const CLEAN_LINK = { delay: { kind: "fixed", ms: 10 } } as const;

export function noise(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  new SeededRandom(seed).fill(bytes);
  return bytes;
}

/** A swarm whose nodes are all up and know each other. */
export async function smallSwarm(nodes: number, seed = 7): Promise<VirtualSwarm> {
  const swarm = new VirtualSwarm({ seed, nodes, link: CLEAN_LINK });
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  return swarm;
}

export function nodeAt(swarm: VirtualSwarm, index: number): Node {
  const node = swarm.machines[index]?.node;
  if (node === undefined) throw new Error(`machine ${index} is not running`);
  return node;
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 300_000) {
    yield await Promise.resolve(bytes.subarray(at, at + 300_000));
  }
}

export function publishBytes(
  node: Node,
  name: string,
  bytes: Uint8Array,
  options: PublishOptions = {},
): Promise<Published> {
  return node.publishStream(name, pieces(bytes), options);
}

export async function readAll(
  source: ByteSource,
  start = 0,
  end = source.size,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of source.read(start, end)) parts.push(piece.slice());
  return new Uint8Array(Buffer.concat(parts));
}

/** Resolves `/file/<meta>` on `node` and reads all of it. */
export async function fetchFile(node: Node, meta: string): Promise<Uint8Array> {
  const parsed = parseMetaId(meta);
  if (parsed === undefined) throw new Error(`${meta} is no meta id`);
  const resolved = await node.resolve(parsed, []);
  if (resolved.kind !== "file") throw new Error(`${meta} is a directory`);
  return await readAll(resolved);
}
