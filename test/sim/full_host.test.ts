/** What a place costs where something has to go for it (S2-10): whole nodes. */
import { asChunkId, type ChunkId, toHex } from "../../src/lib/mod.ts";
import { hostingPrice, priceFactor } from "../../src/market/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";
import { HOSTING_CODE, type Message } from "../../src/wire/mod.ts";
import { expect, test } from "../support/harness.ts";
import { MessageClient } from "../support/message_client.ts";
import { CLEAN_LINK, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import { withRank } from "./virtual_node.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

const MIB = 2 ** 20;
/** One chunk a file; the host sells room for eight, and for no ninth. */
const SIZE = 250_000;
const HELD = 8;
const { sha1 } = nativePrimitives; // some dozens of files are hashed to find eight
const [HOST, SOURCE, READER, PUBLISHER] = [0, 1, 2, 3] as const;
const HOST_RANK = 2;
const RANK = 8;
const LEAST_FACTOR = 2;

/** A file whose one chunk has a price that will do at this node. */
function fileAt(nodeId: Uint8Array, seed: number, isRight: (factor: number) => boolean) {
  const bytes = noise(SIZE, seed);
  for (let i = 0; !isRight(priceFactor(nodeId, sha1(bytes))); i++) {
    [bytes[0], bytes[1]] = [i & 255, i >> 8];
  }
  return bytes;
}

/** A host whose disk is full of what it has read and sold once each, one chunk for less than the
 * others; and a file of its own, which nobody reads. */
async function fullHost() {
  const swarm = new VirtualSwarm({ seed: 34, nodes: 4, link: CLEAN_LINK });
  swarm.machines.forEach((machine, i) => {
    machine.identity = withRank(machine.identity, i === HOST ? HOST_RANK : RANK);
    machine.credit = i === HOST;
    if (i === HOST) machine.sellDisk = 2 * MIB;
  });
  await swarm.startAll();
  await swarm.clock.advanceSettled(3_000);
  const nodeIdAt = (at: number) => swarm.machines[at]?.identity.nodeId ?? new Uint8Array(20);
  /** Has a node fetch another's chunk by its id, so that no manifest lies beside it. */
  const pass = async (from: number, to: number, bytes: Uint8Array): Promise<ChunkId> => {
    await swarm.run(publishBytes(nodeAt(swarm, from), "f", bytes));
    const id = asChunkId(sha1(bytes));
    await swarm.run(nodeAt(swarm, to).openChunk(id));
    await swarm.clock.advanceSettled(1_000); // written; uses are noted by the second
    return id;
  };
  const own = noise(SIZE, 0);
  await swarm.run(publishBytes(nodeAt(swarm, HOST), "own", own));
  // What the reader gives first makes it one who pays; it is the first to go when the disk is full.
  await pass(READER, HOST, fileAt(nodeIdAt(READER), 1, (factor) => factor >= 1));
  const least = fileAt(nodeIdAt(HOST), 2, (factor) => factor === LEAST_FACTOR);
  const ids = [await pass(SOURCE, HOST, least)];
  for (let seed = 3; ids.length < HELD; seed++) {
    const dearer = fileAt(nodeIdAt(HOST), seed, (factor) => factor > LEAST_FACTOR);
    ids.push(await pass(SOURCE, HOST, dearer));
  }
  swarm.machines[SOURCE]?.crash();
  for (const id of ids) await swarm.run(nodeAt(swarm, READER).openChunk(id));
  swarm.machines[READER]?.crash();
  await swarm.clock.advanceSettled(31_000); // so that the host has looked at what goes next
  const host = nodeAt(swarm, HOST);
  /** Chunks that the host holds, manifests aside. */
  const held = async () =>
    (await host.storeEntries(100)).filter(({ bytes }) => bytes >= SIZE).map(({ id }) => id)
      .toSorted();
  return { swarm, host, held, leastId: toHex(sha1(least)), ownId: toHex(sha1(own)) };
}

/** Somebody of a rank above the host's who sends it what he likes. */
async function strangerOf({ network, clock }: VirtualSwarm, uri: string) {
  const ip = "10.9.9.1";
  const bind = { host: ip, port: 4_000 };
  const { open } = network.addHost(ip, { clock });
  const stranger = await MessageClient.open(open, { clock, bind, rank: HOST_RANK + 1 });
  const ask = (message: Message) =>
    clock.runPromise(stranger.ask(uri, message), { virtualMsMax: 10_000 });
  return { ask, close: () => stranger.close() };
}

test("a full store asks what its least chunk earns in a week, and lets go that one", async () => {
  const { swarm, host, held, leastId, ownId } = await fullHost();
  const before = await held();
  expect([before.length, before.includes(leastId)]).toEqual([HELD + 1, true]);
  const { ask, close } = await strangerOf(swarm, host.info.uri);
  const wanted = noise(SIZE, 1000);
  const id = asChunkId(sha1(wanted));
  const quote = await ask({ type: "QUOTE", requestId: 0, id, bytes: SIZE, weeks: 1 });
  if (quote.type !== "QUOTE_REPLY" || quote.price === undefined) throw new Error("no quote");
  const { minReadsPerDay } = (await host.status()).selling; // of the one that is next to go
  const weekCb = minReadsPerDay * 7 * SIZE * LEAST_FACTOR;
  expect(weekCb).toBeGreaterThan(2 * Number(hostingPrice(SIZE, 1, 0n))); // the floor is not asked
  expect(Number(quote.price) / weekCb).toBeGreaterThan(0.97);
  expect(Number(quote.price) / weekCb).toBeLessThan(1.03); // it was looked at a moment ago

  const order = { type: "STORE", requestId: 0, quote: quote.quote, id } as const;
  expect(await ask({ ...order, price: quote.price - 1n }))
    .toMatchObject({ code: HOSTING_CODE.underpaid, price: quote.price });
  close();
  await swarm.clock.advanceSettled(5_000);
  expect(await held()).toEqual(before);

  const hosting = { hosts: 1, weeks: 1, budgetCb: 2n * quote.price };
  const published = publishBytes(nodeAt(swarm, PUBLISHER), "p", wanted, { hosting });
  expect((await swarm.run(published, 60_000)).placement).toMatchObject({ placed: 2, wanted: 2 });
  const after = await held();
  expect(before.filter((one) => !after.includes(one))).toEqual([leastId]);
  expect(after.filter((one) => !before.includes(one))).toEqual([toHex(id)]);
  expect(after).toContain(ownId); // nobody reads it, and it stays
});
