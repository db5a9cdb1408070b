/** Asks one whole node of ours, in a process of its own (our_served_node.ts), as much as it can
 * answer: our_flood.ts NODES ASKERS prints one line of JSON, see crowds.ts. NODES whole nodes are
 * in its routing table; ASKERS more have a session each, and always one question of a lookup on its
 * way: one datagram there, one back. */
import process from "node:process";
import { usePrimitives } from "../../src/crypto/mod.ts";
import { parseNodeUri } from "../../src/identity/mod.ts";
import { type Instant, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { Driver, type LoopPart } from "../../src/node/loop/driver.ts";
import { createNode } from "../../src/node/mod.ts";
import { bunPrimitives } from "../../src/runtime/bun/primitives.ts";
import { openBunSocket } from "../../src/runtime/bun/udp.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { localKeyOf } from "../../src/session/mod.ts";
import { type ConnectionHandle, type DialTarget, Endpoint } from "../../src/transport/mod.ts";
import {
  encodeMessage,
  GET_PROVIDERS_WANT_NODES,
  PROVIDER_KIND,
  PROVIDERS_MAX,
} from "../../src/wire/mod.ts";
import { virtualIdentity } from "../../test/sim/virtual_node.ts";
import { socketNodeOptions } from "../../test/support/socket_node.ts";
import { floodFigures, startServed } from "./flood_figures.mjs";

const KEYS = 64;
/** Seeds of askers, where no node's is. */
const ASKER_SEED = 1_000_000;

const [nodes = 0, askers = 0] = process.argv.slice(2).map(Number);
usePrimitives(bunPrimitives);
const random = new SeededRandom(1);
const questions = Array.from({ length: KEYS }, (_, requestId) =>
  encodeMessage({
    type: "GET_PROVIDERS",
    requestId,
    key: randomBytes(random, 20),
    max: PROVIDERS_MAX,
    flags: GET_PROVIDERS_WANT_NODES,
    page: 0,
    ttl: 0,
    kind: PROVIDER_KIND.key,
    recordFlags: 0,
    source: new Uint8Array(),
  }));

/** Asks as soon as it is answered. */
class Asker implements LoopPart {
  readonly #endpoint: Endpoint;
  readonly #connection: ConnectionHandle;
  #isAnswered = true;
  #asked = 0;

  constructor(endpoint: Endpoint, target: DialTarget) {
    this.#endpoint = endpoint;
    this.#connection = endpoint.connect(target, systemClock.now());
  }

  turn(now: Instant): void {
    const endpoint = this.#endpoint;
    for (let event = endpoint.pollEvent(); event !== undefined; event = endpoint.pollEvent()) {
      if (event.kind === "closed" || event.kind === "connect_failed") {
        throw new Error(`the node under test is gone: ${event.kind}`);
      }
      // The first bytes of a PROVIDERS: the node asks who we are, too.
      if (event.kind === "message" && event.bytes[1] === PROVIDERS_NUMBER) this.#isAnswered = true;
      if (event.kind === "early_message") this.#isAnswered = true;
    }
    const question = questions[this.#asked % KEYS];
    if (!this.#isAnswered || question === undefined) return;
    this.#isAnswered = !endpoint.sendMessage(this.#connection, question, now, "always");
    this.#asked++;
  }

  nextTimeout(): undefined {}
}

const PROVIDERS_NUMBER = 6;
const served = startServed(new URL("our_served_node.ts", import.meta.url).pathname);
try {
  const text = await served.where();
  const uri = parseNodeUri(text);
  if ("fault" in uri) throw new Error(`${text} ${uri.fault}`);
  for (let seed = 1; seed <= nodes; seed++) await createNode(socketNodeOptions(seed, text));
  const target = { publicKey: uri.publicKey, address: { ip: uri.host, port: uri.port } };
  for (let i = 0; i < askers; i++) await ask(target, new SeededRandom(ASKER_SEED + i));
  console.log(JSON.stringify(await floodFigures(served.counters)));
} finally {
  served.stop();
}
process.exit(0);

async function ask(target: DialTarget, dice: SeededRandom): Promise<void> {
  const { keyPair, network, work } = virtualIdentity(dice);
  const endpoint = new Endpoint({
    identity: localKeyOf(keyPair.seed),
    work,
    networkName: network.name,
    random: dice,
    unixMs: () => systemClock.unixMs(),
    now: systemClock.now(),
    exemptPrivateAddresses: network.allowsPrivateAddresses,
  });
  const driver = new Driver(systemClock, endpoint, [new Asker(endpoint, target)]);
  driver.attach(await openBunSocket({ host: "127.0.0.1", port: 0 }, driver.handlers));
}
