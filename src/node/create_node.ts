import { formatNodeUri } from "../identity/mod.ts";
import { type Address, toBase32, toHex } from "../lib/mod.ts";
import type { Node, NodeInfo } from "./contract/api.ts";
import type { NodeOptions } from "./contract/node_options.ts";
import { openServices } from "./node_services.ts";
import { NodeShell } from "./node_shell.ts";

/** Starts a node: opens its store, its socket, and joins the network in the background.
 * @throws {SkerryError} ADDRESS_IN_USE, INVALID_CONFIG, DATABASE_DAMAGED, DATABASE_TOO_NEW,
 * DATABASE_IN_USE, NETWORK_MISMATCH, DISK_FAILED, STORE_FULL. */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { config, identity, ports } = options;
  const services = await openServices(options);
  try {
    const socket = await services.listen();
    const info = nodeInfo(options, socket.localAddress);
    const state = { isAlone: false };
    const { network, keyPair } = identity;
    services.bootstrap.join(config.bootstrap, keyPair.publicKey, network, ports.resolveName)
      .then((known) => {
        state.isAlone = known === 0 && config.bootstrap.length === 0;
        if (state.isAlone) {
          services.dht.expectNobody();
          ports.logger.log("info", "first_node", { network: network.name });
        }
        services.driver.wake();
      }, (error: unknown) => {
        ports.logger.log("error", "bootstrap_failed", { reason: String(error) });
      });
    return new NodeShell(info, services, () => state.isAlone);
  } catch (error) {
    await services.close();
    throw error;
  }
}

function nodeInfo({ identity, version }: NodeOptions, bound: Address): NodeInfo {
  const { keyPair, network, nodeId, work } = identity;
  // A wildcard is no address to dial. This one serves on the same machine; others put the
  // machine's public address in its place, until reachability tells it.
  const isWildcard = bound.ip === "::" || bound.ip === "0.0.0.0";
  const host = isWildcard ? "127.0.0.1" : bound.ip;
  return {
    network: network.name,
    publicKeyText: toBase32(keyPair.publicKey),
    nodeIdHex: toHex(nodeId),
    rank: work.rank,
    udpAddress: bound,
    uri: formatNodeUri({ publicKey: keyPair.publicKey, host, port: bound.port }),
    version,
  };
}
