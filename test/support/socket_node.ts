import { SeededRandom } from "../../src/lib/mod.ts";
import { createNode, type Node, type NodeOptions } from "../../src/node/mod.ts";
import { openBunSocket } from "../../src/runtime/bun/udp.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { resolveName } from "../../src/runtime/shared/resolve_name.ts";
import { MemoryLedgerFile } from "../sim/memory_ledger_file.ts";
import { MemoryBlobFiles } from "../sim/memory_blob_files.ts";
import { inlineWork, NO_FILES, noPrograms, virtualIdentity } from "../sim/virtual_node.ts";
import { parseNodeUri } from "../../src/identity/mod.ts";
import { openSqlite } from "./open_sqlite.ts";

/** A real node on a real loopback socket and real time, inside this process, its disk in memory:
 * what a crowd is made of. Bun only. @param seed tells it from the others.
 * @param known the URI of a node to join through. */
export function socketNode(seed: number, known: string): Promise<Node> {
  return createNode(socketNodeOptions(seed, known));
}

/** What such a node is made of. @param known absent for the first of a network. */
export function socketNodeOptions(seed: number, known?: string): NodeOptions {
  const random = new SeededRandom(seed);
  const blobFiles = new MemoryBlobFiles({ clock: systemClock, random });
  return {
    version: "test",
    identity: virtualIdentity(random),
    config: {
      dataDir: "/memory",
      network: "dev",
      udp: { ip: "127.0.0.1", port: 0 },
      bootstrap: known === undefined ? [] : [nodeUri(known)],
      http: { ip: "127.0.0.1", port: 0 },
      httpWorkers: 0,
      drainWait: 0,
      tls: undefined,
      http3: false,
      serve: "open",
      allow: [],
      gatewayHost: undefined,
      trustedProxy: [],
      denylist: [],
      clientFile: undefined,
      readBudget: undefined,
      publicStatus: false,
      contact: undefined,
      purgeUrl: undefined,
      purgeTokenFile: undefined,
      maxRangeFile: 2 ** 32,
      storeBytes: 64 * 2 ** 20,
      congestionControl: "cubic",
      credit: false,
      sellUp: undefined,
      replicas: 0,
      replicaBytes: 2 ** 28,
      sellDisk: undefined,
      sellRange: undefined,
      minPopularity: undefined,
      priceFloor: 0,
      maxPrice: undefined,
      mineDuty: 0,
      minRank: 0,
      payRate: undefined,
      payTo: undefined,
      payHook: undefined,
      admin: { ip: "127.0.0.1", port: 0 },
      logLevel: "error",
    },
    ports: {
      clock: systemClock,
      random,
      openSocket: openBunSocket,
      openSqlite: () => openSqlite(":memory:"),
      openBlobFiles: () => Promise.resolve(blobFiles),
      openLedgerFile: () => new MemoryLedgerFile(),
      localFiles: NO_FILES,
      workPool: inlineWork,
      runProgram: noPrograms,
      resolveName,
      logger: { log: () => {} },
    },
  };
}

function nodeUri(text: string) {
  const uri = parseNodeUri(text);
  if ("fault" in uri) throw new Error(`${text} ${uri.fault}`);
  return uri;
}
