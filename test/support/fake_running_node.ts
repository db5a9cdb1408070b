import type { Node } from "../../src/node/mod.ts";
import type { CliFixture } from "./cli_fixture.ts";

/** The little of a node that starting and stopping one needs, put into the fixture's doors. */
export function fakeNode(fixture: CliFixture) {
  const node = {
    stops: 0,
    leaves: 0,
    denylistReloads: 0,
    info: {
      network: "dev",
      publicKeyText: "k".repeat(52),
      nodeIdHex: "0".repeat(40),
      rank: 0,
      udpAddress: { ip: "127.0.0.1", port: 4000 },
      uri: `skerry://${"k".repeat(52)}@127.0.0.1:4000`,
      version: "1.2.3",
    },
    status: () => Promise.resolve({ firstNode: true }),
    reloadDenylist(): Promise<void> {
      this.denylistReloads++;
      return Promise.resolve();
    },
    stop(): Promise<void> {
      this.stops++;
      return Promise.resolve();
    },
  };
  fixture.doors = {
    ...fixture.doors,
    createNode: () => Promise.resolve(node as unknown as Node),
    createFaces: () => ({
      workers: undefined,
      gateway: () => new Response("gateway"),
      ready: () => undefined,
      admin: () => new Response("admin"),
      useClients: () => {},
      leave: () => void node.leaves++,
    }),
  };
  return node;
}
