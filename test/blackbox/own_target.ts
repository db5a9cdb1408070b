import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "../support/harness.ts";
import { type NodeProcess, runCommand, scratch, startNode } from "../support/processes.ts";
import { HttpClient } from "./http_client.ts";
import { chunkRows } from "./rows_chunk.ts";
import { denylistIn, denylistRows, PurgeEnd } from "./rows_denylist.ts";
import { fileRows } from "./rows_file.ts";
import { formatRows } from "./rows_format.ts";
import { networkRows, PROXY } from "./rows_network.ts";
import { ruleRows } from "./rows_rules.ts";
import { siteOf, writeSite } from "./site.ts";
import type { OwnTarget } from "./target.ts";

const SLOW = { timeout: 120_000 };

/** The whole black-box list against a node that `command` starts. The fixture lies on another node
 * of the same kind, so whatever is asked for first comes by the network. */
export function blackBox(name: string, command: readonly string[]): void {
  describe(`black box: ${name}`, () => {
    const folder = scratch("blackbox");
    const running: NodeProcess[] = [];
    let own: OwnTarget | undefined;
    let purges: PurgeEnd | undefined;
    const purgeEnd = (): PurgeEnd => {
      if (purges === undefined) throw new Error("the cache did not start");
      return purges;
    };
    const target = (): OwnTarget => {
      if (own === undefined) throw new Error("the nodes did not start");
      return own;
    };

    beforeAll(async () => {
      const start = async (name: string, bootstrap: readonly string[]): Promise<NodeProcess> => {
        const flags = ["--trusted-proxy", `${PROXY}/32`];
        if (name === "node") {
          flags.push("--denylist", denylistIn(folder.path), "--purge-url", purgeEnd().url);
        }
        const dataDir = join(folder.path, name);
        const node = await startNode({
          name,
          dataDir,
          bootstrap,
          flags,
          command,
          startupMs: 60_000,
        });
        running.push(node);
        return node;
      };
      purges = await PurgeEnd.open();
      writeFileSync(denylistIn(folder.path), "");
      const holder = await start("holder", []);
      const node = await start("node", [holder.uri]);
      const path = join(folder.path, "site");
      writeSite(path);
      const site = await siteOf(path);
      const words = ["publish", path, "--wait", "1", "--data", holder.dataDir];
      const { code, stderr } = await runCommand([...command, ...words]);
      if (code !== 0) throw new Error(stderr);
      const http = new HttpClient(node.gateway);
      own = { http, site, node, holder, folder: folder.path, command };
    }, SLOW);
    afterAll(async () => {
      await Promise.all(running.map((node) => node.stop()));
      purges?.close();
      folder.remove();
    }, SLOW);

    networkRows(target);
    chunkRows(target);
    fileRows(target);
    formatRows(target);
    ruleRows(target);
    denylistRows(target, purgeEnd);
  });
}
