/** What strangers do whose every packet is faultless, and nothing else: whole nodes. */
import { asChunkId, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";
import { expect, test } from "../support/harness.ts";
import { MadPeer } from "../support/mad_peer.ts";
import { fetchFile, nodeAt, noise, publishBytes } from "../support/small_swarm.ts";
import { NodeClock } from "./node_clock.ts";
import { VirtualSwarm } from "./virtual_swarm.ts";

const MIB = 2 ** 20;
const { sha1 } = nativePrimitives;
/** Narrow, so that what is asked for waits its turn: much is called off half read. */
const LINK = { delay: { kind: "fixed", ms: 10 }, bytesPerSecond: 4e6 } as const;
const PEERS = 3;
/** Of each. Odd seeds have a disk that is in memory. `make soak` asks for more. */
const DEEDS = Number(process.env["MAD_DEEDS"] ?? 1_000);
const SEEDS = (process.env["MAD_SEEDS"] ?? "1 2").split(" ").map(Number);
const LIMIT_MS = 300_000;

async function madness(seed: number, credit: boolean) {
  const random = new SeededRandom(seed);
  const swarm = new VirtualSwarm({ seed, nodes: 3, link: LINK });
  for (const machine of swarm.machines) {
    machine.credit = credit;
    machine.isDiskCached = seed % 2 > 0;
  }
  await swarm.startAll();
  const bytes = noise(2.5 * MIB, seed);
  const { link } = await swarm.run(publishBytes(nodeAt(swarm, 0), "f", bytes), LIMIT_MS);
  const ids = [0, 1, 2].map((i) => sha1(bytes.subarray(i * MIB, (i + 1) * MIB)));
  const { uri } = nodeAt(swarm, 0).info;
  const clock = new NodeClock(swarm.clock);
  const peers = Array.from({ length: PEERS }, (_, i) => {
    const ip = `10.9.${i}.1`;
    const { open: openSocket } = swarm.network.addHost(ip, { clock });
    return new MadPeer({ random: random.split(`peer ${i}`), clock, openSocket, ip, uri, ids });
  });
  for (const peer of peers) await peer.open();
  await swarm.clock.advanceSettled(500);
  for (let deed = 0; deed < DEEDS; deed++) {
    for (const peer of peers) peer.act();
    if (deed % 50 === 0) { // the node asks them, too
      nodeAt(swarm, 0).openChunk(asChunkId(randomBytes(random, 20))).catch(() => {});
    }
    const isLong = deed % 200 === 199;
    await swarm.clock.advanceSettled(isLong ? 40_000 : deed % 7);
  }
  for (const peer of peers) await peer.close();
  await swarm.clock.advanceSettled(10_000);
  return { swarm, link, bytes, peers };
}

for (const credit of [false, true]) {
  const how = credit ? "with" : "without";
  test(`law: ${how} lines of credit a node outlives mad peers, and serves on`, async () => {
    for (const seed of SEEDS) {
      const { swarm, link, bytes, peers } = await madness(seed, credit);
      expect(await swarm.run(fetchFile(nodeAt(swarm, 1), link), LIMIT_MS)).toEqual(bytes);
      const heard = new Set(peers.flatMap(({ heard }) => [...heard.keys()]));
      expect(heard.size).toBeGreaterThan(15); // it has been asked and told much
    }
  }, 600_000);
}
