import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "../support/harness.ts";
import { type NodeProcess, runCommand, scratch, startNode } from "../support/processes.ts";
import { HttpClient } from "./http_client.ts";
import { rowsAnywhere } from "./rows_anywhere.ts";
import { connectionRows } from "./rows_connection.ts";
import { denylistIn, denylistRows, PurgeEnd } from "./rows_denylist.ts";
import { networkRows } from "./rows_network.ts";
import { cutRow, PROXY, slowRow } from "./rows_stream.ts";
import { siteOf, writeSite } from "./site.ts";
import type { OwnTarget } from "./target.ts";

export const SLOW = { timeout: 120_000 };

/** A node to be asked and, in its network, another that holds the fixture: whatever is asked for
 * first comes by the network. */
export class OwnNodes {
  readonly folder: string;
  readonly #scratch = scratch("blackbox");
  readonly #command: readonly string[];
  readonly #running: NodeProcess[] = [];
  #target: OwnTarget | undefined;

  /** @param command - how `skerry` is run. */
  constructor(command: readonly string[]) {
    this.#command = command;
    this.folder = this.#scratch.path;
  }

  get target(): OwnTarget {
    if (this.#target === undefined) throw new Error("the nodes did not start");
    return this.#target;
  }

  /** @param flags - more settings of the node that is asked.
   * @param authority - PEM; what its certificate comes from, if it has one. */
  async start(flags: readonly string[], authority?: string): Promise<void> {
    const command = this.#command;
    const holder = await this.#run("holder", [], []);
    const node = await this.#run("node", [holder.uri], flags);
    const path = join(this.folder, "site");
    writeSite(path);
    const site = await siteOf(path);
    const words = ["publish", path, "--wait", "1", "--data", holder.dataDir];
    const { code, stderr } = await runCommand([...command, ...words]);
    if (code !== 0) throw new Error(stderr);
    const http = new HttpClient(node.gateway, authority);
    this.#target = { http, site, node, holder, folder: this.folder, command };
  }

  async #run(
    name: string,
    bootstrap: readonly string[],
    flags: readonly string[],
  ): Promise<NodeProcess> {
    const node = await startNode({
      name,
      dataDir: join(this.folder, name),
      bootstrap,
      flags: ["--trusted-proxy", `${PROXY}/32`, ...flags],
      command: this.#command,
      startupMs: 60_000,
    });
    this.#running.push(node);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((node) => node.stop()));
    this.#scratch.remove();
  }
}

/** The whole black-box list against a node that `command` starts. */
export function blackBox(name: string, command: readonly string[]): void {
  describe(`black box: ${name}`, () => {
    const nodes = new OwnNodes(command);
    const target = (): OwnTarget => nodes.target;
    let purges: PurgeEnd | undefined;
    const purgeEnd = (): PurgeEnd => {
      if (purges === undefined) throw new Error("the cache did not start");
      return purges;
    };

    beforeAll(async () => {
      purges = await PurgeEnd.open();
      const denylist = denylistIn(nodes.folder);
      writeFileSync(denylist, "");
      await nodes.start(["--denylist", denylist, "--purge-url", purges.url]);
    }, SLOW);
    afterAll(async () => {
      await nodes.stop();
      purges?.close();
    }, SLOW);

    networkRows(target);
    cutRow(target);
    slowRow(target);
    rowsAnywhere(target);
    connectionRows(target);
    denylistRows(target, purgeEnd);
  });
}
