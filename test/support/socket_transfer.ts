import { ChunkPool } from "../../src/bench/chunk_pool.ts";
import { FetchingEnd } from "../../src/bench/fetching_end.ts";
import { LOOPBACK_DEFAULTS, type LoopbackScenario } from "../../src/bench/mod.ts";
import { ServingEnd } from "../../src/bench/serving_end.ts";
import { type PublicKey, randomBytes } from "../../src/lib/mod.ts";
import { Driver, type LoopPart } from "../../src/node/mod.ts";
import type { OpenDatagramSocket } from "../../src/ports/mod.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { systemRandom } from "../../src/runtime/shared/random.ts";
import { localKeyOf } from "../../src/session/mod.ts";
import { Endpoint } from "../../src/transport/mod.ts";

const IP = "127.0.0.1";

/** Moves chunks of 1 MiB between two transports in this process, each on a real socket with the
 * real loop, and checks every byte that arrives.
 * @param through the port that the fetching end is told instead of the serving end's.
 * @throws {Error} why, if not every byte came. */
export async function moveBetweenSockets(
  openSocket: OpenDatagramSocket,
  chunks: number,
  through: (port: number) => Promise<number> | number = (port) => port,
): Promise<void> {
  const scenario = { ...LOOPBACK_DEFAULTS, chunks, warmUpChunks: 0, isVerified: true };
  const { promise: done, resolve } = Promise.withResolvers<string | undefined>();
  const pool = new ChunkPool();
  const quiet = { warm: () => {}, closed: () => {} };
  const serving = await openEnd(
    openSocket,
    scenario,
    (transport) => new ServingEnd(transport, pool, scenario, quiet),
  );
  const address = { ip: IP, port: await through(serving.port) };
  const target = { publicKey: serving.publicKey, address };
  const fetching = await openEnd(
    openSocket,
    scenario,
    (transport) =>
      new FetchingEnd(transport, pool, scenario, target, { warm: () => {}, done: resolve }),
  );
  const failure = await done;
  fetching.driver.close();
  serving.driver.close();
  if (failure !== undefined) throw new Error(failure);
}

async function openEnd(
  openSocket: OpenDatagramSocket,
  { datagramBytes }: LoopbackScenario,
  partOf: (transport: Endpoint) => LoopPart,
): Promise<{ driver: Driver; port: number; publicKey: PublicKey }> {
  const identity = localKeyOf(randomBytes(systemRandom, 32));
  const transport = new Endpoint({
    identity,
    work: { idNonce: 0n, rankNonce: 0n, rank: 0 },
    networkName: "dev",
    random: systemRandom,
    unixMs: () => systemClock.unixMs(),
    now: systemClock.now(),
    exemptPrivateAddresses: true,
    datagramBytesMax: datagramBytes,
  });
  const driver = new Driver(systemClock, transport, [partOf(transport)]);
  const socket = await openSocket({ host: IP, port: 0 }, driver.handlers);
  driver.attach(socket);
  const { port } = socket.localAddress;
  return { driver, port, publicKey: identity.publicKey };
}
