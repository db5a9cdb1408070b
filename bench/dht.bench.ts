/** What a node pays that holds a million provider records: processor time for each GET_PROVIDERS,
 * and resident memory, the core alone: no encoding, no session, no socket. Then lookups among
 * hundreds of whole nodes, and one node that is flooded with questions, beside other DHTs
 * (dht_crowd/crowds.ts): `CROWD_RUNS=n`, 0 for none. At last, how fast `SIM_NODES=n` simulated
 * cores live, 0 for none: 10,000 take some ten minutes to grow, and 4 GiB.
 * Run: make bench-dht */
import process from "node:process";
import { Dht, dhtConfig } from "../src/dht/mod.ts";
import { networkId } from "../src/identity/mod.ts";
import { type Instant, type NodeId, randomBytes, SeededRandom } from "../src/lib/mod.ts";
import { GET_PROVIDERS_WANT_NODES, KEYS_MAX, PROVIDER_KIND } from "../src/wire/mod.ts";
import { crowds } from "./dht_crowd/crowds.ts";
import { nodeIdOf, peerOf } from "./dht_lab/places.ts";
import { reportSpeed } from "./dht_lab/speed_report.ts";
import { report } from "./report.ts";
import { threadMs } from "./thread_time.ts";

const RECORDS = 1_000_000;
const IDENTITIES = 10_000;
const CONTACTS = 10_000;
const QUESTIONS = 20_000;
const RUNS = 5;
const MIB = 2 ** 20;
const NOW = 1000 as Instant;

const random = new SeededRandom(1);
const defaults = dhtConfig(false);
const self = peerOf(0);
const nodeId = nodeIdOf(random.u32(), 0);
const freshDht = (): Dht =>
  new Dht({
    self: {
      publicKey: self.publicKey,
      nodeId,
      idNonce: self.idNonce,
      networkId: networkId("dht bench"),
    },
    random,
    config: { ...defaults, records: { ...defaults.records, recordsMax: RECORDS } },
  });
const dht = freshDht();
const takeAll = (): number => {
  let replies = 0;
  for (let effect = dht.pollEffect(); effect !== undefined; effect = dht.pollEffect()) {
    if (effect.kind === "reply") replies++;
    if (effect.kind !== "send") continue;
    // Whom it pings answers, so that the table holds what it takes of so many nodes.
    const { publicKey, idNonce } = peerOf(indexOf(effect.to.publicKey));
    const nodeId: NodeId = nodeIdOf(random.u32(), indexOf(publicKey));
    dht.handleInput({ kind: "work_verified", publicKey, idNonce, nodeId }, NOW);
    const { requestId } = effect.message;
    const message = { type: "PONG", requestId, seq: 1, recordSeq: 0, load: 0, observed: NOTHING };
    dht.handleInput({ kind: "message", from: peerOf(indexOf(publicKey)), message } as never, NOW);
  }
  return replies;
};
const NOTHING = new Uint8Array();
const indexOf = (publicKey: Uint8Array): number =>
  new DataView(publicKey.buffer, publicKey.byteOffset).getUint32(0);

for (let i = 1; i <= CONTACTS; i++) {
  const message = { type: "PING", requestId: i, seq: 1 } as const;
  dht.handleInput({ kind: "message", from: peerOf(i), message }, NOW);
  takeAll();
}
const asked: Uint8Array[] = [];
for (let stored = 0; stored < RECORDS; stored += KEYS_MAX) {
  const keys = Array.from({ length: Math.min(KEYS_MAX, RECORDS - stored) }, () => {
    const key = randomBytes(random, 20);
    key.set(nodeId.subarray(0, 2)); // of the node's own region: of others it keeps few
    return key;
  });
  if (asked.length < QUESTIONS && keys[0] !== undefined) asked.push(keys[0]);
  const message = {
    type: "ANNOUNCE",
    requestId: 1,
    keys,
    ttl: 86_400,
    kind: PROVIDER_KIND.ipv4,
    recordFlags: 0,
    source: NOTHING,
  } as const;
  const from = peerOf(1 + (stored / KEYS_MAX) % IDENTITIES);
  dht.handleInput({ kind: "message", from, message }, NOW);
  takeAll();
}
const { providerRecords, contacts } = dht.stats();
if (providerRecords < 0.99 * RECORDS) throw new Error(`only ${providerRecords} records are stored`);

const asker = peerOf(CONTACTS + 1);
const times = Array.from({ length: RUNS }, () => {
  const before = process.cpuUsage();
  let replies = 0;
  for (const key of asked) {
    const message = {
      type: "GET_PROVIDERS",
      requestId: 1,
      key,
      max: 24,
      flags: GET_PROVIDERS_WANT_NODES,
      page: 0,
      ttl: 0,
      kind: PROVIDER_KIND.key,
      recordFlags: 0,
      source: NOTHING,
    } as const;
    dht.handleInput({ kind: "message", from: asker, message }, NOW);
    replies += takeAll();
  }
  if (replies !== asked.length) throw new Error(`${replies} of ${asked.length} were answered`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / asked.length;
});
Bun.gc(true); // what was thrown away while a million records came in is not what holding them takes
report("dht.get_providers_us", "us", times);
report("dht.rss_1m_records_mb", "MiB", [process.memoryUsage.rss() / MIB]);
report("dht.contacts", "contacts", [contacts]);

// What a start with such a database costs: the event loop reads a part a turn.
const partTimes: number[] = [];
const archived = Array.from({ length: dht.archive.parts }, (_, part) => {
  const start = threadMs();
  const bytes = dht.archive.part(part, NOW);
  partTimes.push(threadMs() - start);
  return bytes;
});
const again = freshDht();
const steps = archived.map((part) => {
  const start = threadMs();
  again.archive.restore(part, NOW);
  return threadMs() - start;
});
const restored = again.stats().providerRecords;
if (restored < 0.99 * RECORDS) throw new Error(`only ${restored} records came back`);
report("dht.archive_part_ms", "ms", partTimes);
report("dht.restore_1m_ms", "ms", [steps.reduce((sum, ms) => sum + ms, 0)]);
report("dht.restore_step_ms", "ms", steps);
report("dht.archive_1m_mb", "MB", [archived.reduce((sum, { length }) => sum + length, 0) / 1e6]);

await crowds(Number(process.env["CROWD_RUNS"] ?? 3));

const simulated = Number(process.env["SIM_NODES"] ?? 10_000);
if (simulated > 0) reportSpeed(simulated);
