/** The same as our_flood.ts with another DHT's node, under Node, in the clear; run from the folder
 * where it is installed: other_flood.mjs hyperdht|bittorrent-dht NODES ASKERS. */
import { randomBytes } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { floodFigures, serveCounters, startServed } from "./flood_figures.mjs";
import { BittorrentDht, countDgram, countHyperdht, HyperDht } from "./other_dhts.mjs";

const HOST = "127.0.0.1";
const KEYS = 64;
const LOOKUP = 3; // hyperdht/lib/constants.js
const PAUSE_MS = 10;

const [library, nodes, askers] = process.argv.slice(2);
const speak = { hyperdht, "bittorrent-dht": bittorrentDht }[library];
const { open, ask, count, keyBytes } = await speak();
if (nodes === undefined) {
  const node = await open();
  console.log(node.address().port);
  await serveCounters(count(node));
  process.exit(0);
}
const served = startServed(fileURLToPath(import.meta.url), library);
const keys = Array.from({ length: KEYS }, () => randomBytes(keyBytes));
try {
  const at = { host: HOST, port: Number(await served.where()) };
  for (let i = 0; i < Number(nodes); i++) await open(at);
  for (let i = 0; i < Number(askers); i++) void askAlways(await open(at, true), at);
  console.log(JSON.stringify(await floodFigures(served.counters)));
} finally {
  served.stop();
}
process.exit(0);

async function askAlways(node, at) {
  for (let i = 0;; i++) {
    try {
      await ask(node, at, keys[i % KEYS]);
    } catch { // a datagram was lost: not at once again, as errors may be
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function hyperdht() {
  const Dht = HyperDht();
  return {
    keyBytes: 32,
    async open(through, isAsker = false) {
      const bootstrap = through === undefined ? [] : [through];
      const node = new Dht({ ephemeral: isAsker, firewalled: false, bootstrap, host: HOST });
      await node.fullyBootstrapped();
      return node;
    },
    ask: (node, at, target) => node.request({ command: LOOKUP, target }, at),
    count(node) {
      const counted = countHyperdht([node]);
      return () => counted;
    },
  };
}

async function bittorrentDht() {
  const Client = await BittorrentDht();
  const counted = countDgram();
  return {
    keyBytes: 20,
    async open(through) {
      const bootstrap = through === undefined ? false : [`${through.host}:${through.port}`];
      const node = new Client({ bootstrap, nodeId: randomBytes(20) });
      node.on("warning", () => {});
      await new Promise((resolve) => node.listen(0, HOST, resolve));
      if (through !== undefined) await new Promise((resolve) => node.once("ready", resolve));
      return node;
    },
    ask: (node, at, infoHash) =>
      new Promise((resolve, reject) => {
        const question = { q: "get_peers", a: { info_hash: infoHash } };
        node._rpc.query(at, question, (error) => error ? reject(error) : resolve());
      }),
    count: () => () => counted,
  };
}
