/** Many whole nodes of ours in this process, on real loopback sockets and encrypted:
 * our_crowd.ts NODES KEYS LOOKUPS PARALLEL prints one line of JSON, see crowds.ts. */
import process from "node:process";
import { usePrimitives } from "../../src/crypto/mod.ts";
import { formatNodeUri } from "../../src/identity/mod.ts";
import { randomBelow, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { type NodeServices, openServices } from "../../src/node/node_services.ts";
import { bunPrimitives } from "../../src/runtime/bun/primitives.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { socketNodeOptions } from "../../test/support/socket_node.ts";
import { measureCrowd } from "./measure_crowd.mjs";

/** Nodes that join at the same time. */
const JOINING = 8;
const JOIN_MS = 120_000; // where others want the processor, too
/** Contacts that a node knows before the next ones come: k, as far as there are so many. */
const CONTACTS = 16;
/** Quiet before anything is counted: the joins' last packets, and the first checks of tables. */
const SETTLE_MS = 5_000;

const [nodes = 0, keys = 0, lookups = 0, parallel = 0] = process.argv.slice(2).map(Number);
usePrimitives(bunPrimitives);
const random = new SeededRandom(1);
const crowd: NodeServices[] = [];
const first = await joined(0, undefined);
while (crowd.length < nodes) {
  const count = Math.min(JOINING, nodes - crowd.length);
  const seeds = Array.from({ length: count }, (_, i) => crowd.length + i);
  await Promise.all(seeds.map((seed) => joined(seed, first)));
}
const asked = Array.from({ length: keys }, () => randomBytes(random, 20));
const holders = new Map(asked.map((key) => [key, one(crowd)]));
for (const [key, holder] of holders) await holder.dht.announce([key], 0);
await sleep(SETTLE_MS);

const figures = await measureCrowd({ lookUp, datagrams, handshakes, lookups, parallel });
console.log(JSON.stringify(figures));
process.exit(0);

/** Opens a node and waits until it has joined through `known`. @returns its URI. */
async function joined(seed: number, known: string | undefined): Promise<string> {
  const options = socketNodeOptions(seed, known);
  const { config, identity: { keyPair: { publicKey }, network }, ports } = options;
  const services = await openServices(options);
  const { localAddress: { ip, port } } = await services.listen();
  await services.bootstrap.join(config.bootstrap, publicKey, network, ports.resolveName);
  services.driver.wake();
  const patienceEndsAt = systemClock.now() + JOIN_MS;
  const wanted = Math.min(CONTACTS, crowd.length);
  while (services.dht.dht.contactCount < wanted) {
    if (systemClock.now() > patienceEndsAt) throw new Error(`node ${seed} has not joined`);
    await sleep(20);
  }
  crowd.push(services);
  return formatNodeUri({ publicKey, host: ip, port });
}

/** At a node that does not hold the key itself. */
async function lookUp(): Promise<number> {
  const key = one(asked);
  let asker = one(crowd);
  while (asker === holders.get(key)) asker = one(crowd);
  let told = 0;
  await asker.dht.findHolders(key, () => told++);
  return told;
}

function one<T>(of: readonly T[]): T {
  const drawn = of[randomBelow(random, of.length)];
  if (drawn === undefined) throw new Error("nothing to draw from");
  return drawn;
}

function datagrams() {
  let sent = 0, received = 0;
  for (const { transport } of crowd) {
    const stats = transport.stats();
    sent += stats["sent_datagrams"] ?? 0;
    received += stats["received_datagrams"] ?? 0;
  }
  return { sent, received };
}

/** Each is answered by one. */
function handshakes(): number {
  let answered = 0;
  for (const { transport } of crowd) answered += transport.stats()["handshakes_answered"] ?? 0;
  return answered;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
