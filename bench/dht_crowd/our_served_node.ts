/** One whole node of ours in a process of its own, for our_flood.ts: prints its URI, and then its
 * counters as often as it is asked. */
import process from "node:process";
import { usePrimitives } from "../../src/crypto/mod.ts";
import { formatNodeUri } from "../../src/identity/mod.ts";
import { openServices } from "../../src/node/node_services.ts";
import { bunPrimitives } from "../../src/runtime/bun/primitives.ts";
import { socketNodeOptions } from "../../test/support/socket_node.ts";
import { serveCounters } from "./flood_figures.mjs";

usePrimitives(bunPrimitives);
const options = socketNodeOptions(0);
const { config, identity: { keyPair: { publicKey }, network }, ports } = options;
const services = await openServices(options);
const { localAddress: { ip, port } } = await services.listen();
await services.bootstrap.join(config.bootstrap, publicKey, network, ports.resolveName);
services.driver.wake();
console.log(formatNodeUri({ publicKey, host: ip, port }));
await serveCounters(() => {
  const stats = services.transport.stats();
  return { received: stats["received_datagrams"] ?? 0, sent: stats["sent_datagrams"] ?? 0 };
});
process.exit(0);
