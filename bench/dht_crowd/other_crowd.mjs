/** The same with another DHT's nodes, under Node, in the clear; run from the folder where it is
 * installed: other_crowd.mjs hyperdht|bittorrent-dht NODES KEYS LOOKUPS PARALLEL prints one line of
 * JSON, see crowds.ts. A lookup ends when the library says so. */
import { createHash, randomBytes } from "node:crypto";
import process from "node:process";
import { measureCrowd } from "./measure_crowd.mjs";
import { BittorrentDht, countDgram, countHyperdht, testnet } from "./other_dhts.mjs";

const SETTLE_MS = 5_000;

const [library, ...numbers] = process.argv.slice(2);
const [nodes, keys, lookups, parallel] = numbers.map(Number);
let seed = 1;
/** mulberry32: the same draws in every run. */
const draw = (of) => {
  seed = seed + 0x6d2b79f5 | 0;
  let z = Math.imul(seed ^ seed >>> 15, 1 | seed);
  z = z + Math.imul(z ^ z >>> 7, 61 | z) ^ z;
  return of[((z ^ z >>> 14) >>> 0) % of.length];
};

const crowd = await { hyperdht, "bittorrent-dht": bittorrentDht }[library]();
const asked = Array.from({ length: keys }, (_, i) => {
  return createHash("sha256").update(`key ${i}`).digest().subarray(0, crowd.keyBytes);
});
for (const key of asked) await crowd.announce(draw(crowd.nodes), key);
await sleep(SETTLE_MS);

const lookUp = () => crowd.lookup(draw(crowd.nodes), draw(asked));
const { datagrams } = crowd;
console.log(JSON.stringify(await measureCrowd({ lookUp, datagrams, lookups, parallel })));
process.exit(0);

async function hyperdht() {
  const { nodes: dhts } = await testnet(nodes);
  const count = countHyperdht(dhts);
  return {
    nodes: dhts,
    keyBytes: 32,
    announce: (node, key) => node.announce(key, node.defaultKeyPair).finished(),
    async lookup(node, key) {
      let holders = 0;
      for await (const { peers } of node.lookup(key)) holders += peers.length;
      return holders;
    },
    datagrams: () => ({ ...count }),
  };
}

async function bittorrentDht() {
  const Client = await BittorrentDht();
  const count = countDgram();
  const dhts = [];
  for (let i = 0; i < nodes; i++) {
    const bootstrap = i === 0 ? false : [`127.0.0.1:${dhts[0].address().port}`];
    const dht = new Client({ bootstrap, nodeId: randomBytes(20) });
    dht.on("warning", () => {});
    await new Promise((resolve) => dht.listen(0, "127.0.0.1", resolve));
    if (i > 0) await new Promise((resolve) => dht.once("ready", resolve));
    dhts.push(dht);
  }
  return {
    nodes: dhts,
    keyBytes: 20,
    announce: (dht, key) => new Promise((resolve) => dht.announce(key, 4_000, resolve)),
    lookup: (dht, key) =>
      new Promise((resolve) => {
        let holders = 0;
        const note = (_peer, infoHash) => infoHash.equals(key) && holders++;
        dht.on("peer", note);
        dht.lookup(key, () => {
          dht.removeListener("peer", note);
          resolve(holders);
        });
      }),
    datagrams: () => ({ ...count }),
  };
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
