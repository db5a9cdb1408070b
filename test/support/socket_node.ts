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
import { QUIET_CONFIG } from "./quiet_config.ts";

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
    config: { ...QUIET_CONFIG, bootstrap: known === undefined ? [] : [nodeUri(known)] },
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
