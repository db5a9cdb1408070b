import { asPublicKey, fromHex, type Random, randomBytes, toHex } from "../lib/mod.ts";
import { Driver, type LoopPart } from "../node/mod.ts";
import type { Clock, OpenDatagramSocket } from "../ports/mod.ts";
import { localKeyOf } from "../session/mod.ts";
import { type DialTarget, Endpoint } from "../transport/mod.ts";
import { ChunkPool } from "./chunk_pool.ts";
import { FetchingEnd } from "./fetching_end.ts";
import type { LoopbackScenario } from "./loopback_scenario.ts";
import { ServingEnd } from "./serving_end.ts";

const ANY_IP = "0.0.0.0";
const CLOSE_DONE = 0;

/** What an end needs of the world. */
export interface EndDoors {
  readonly clock: Clock;
  readonly random: Random;
  readonly openSocket: OpenDatagramSocket;
  /** Processor time of this process, ms. */
  readonly cpuMs: () => number;
}

/** What one end has measured, from the end of the warm-up on. */
export interface EndFigures {
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly sentPackets: number;
}

/** Serves one transfer. @param onListening gets the text that the other end needs.
 * @returns when the other end has closed. */
export async function serveLoopback(
  doors: EndDoors,
  scenario: LoopbackScenario,
  onListening: (target: string) => void,
): Promise<EndFigures> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const pool = new ChunkPool();
  let start: EndFigures | undefined;
  const end = await openEnd(
    doors,
    scenario,
    scenario.servingIp,
    (transport, figures) =>
      new ServingEnd(transport, pool, scenario, {
        warm: () => void (start = figures()),
        closed: () => resolve(),
      }),
  );
  start = end.figures();
  onListening(JSON.stringify({ port: end.port, publicKey: toHex(end.publicKey) }));
  await promise;
  const figures = since(start, end.figures());
  await end.close();
  return figures;
}

/** Fetches one transfer from the end that told `target`. @throws {Error} if it is not one.
 * @returns the figures, or why it failed. */
export async function fetchLoopback(
  doors: EndDoors,
  scenario: LoopbackScenario,
  target: string,
): Promise<EndFigures | { readonly failure: string }> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const pool = new ChunkPool();
  let start: EndFigures | undefined;
  const end = await openEnd(
    doors,
    scenario,
    isLoopback(scenario.servingIp) ? scenario.servingIp : ANY_IP,
    (transport, figures) =>
      new FetchingEnd(transport, pool, scenario, readTarget(scenario.servingIp, target), {
        warm: () => void (start = figures()),
        done: (failure) => resolve(failure),
      }),
  );
  start = end.figures();
  const failure = await promise;
  const figures = since(start, end.figures());
  await end.close();
  return failure === undefined ? figures : { failure };
}

const isLoopback = (ip: string): boolean => ip.startsWith("127.");

function readTarget(ip: string, text: string): DialTarget {
  const { port, publicKey } = JSON.parse(text) as { port: number; publicKey: string };
  return {
    publicKey: asPublicKey(fromHex(publicKey) ?? new Uint8Array()),
    address: { ip, port },
  };
}

async function openEnd(
  { clock, random, openSocket, cpuMs }: EndDoors,
  { datagramBytes, congestionControl }: LoopbackScenario,
  ip: string,
  partOf: (transport: Endpoint, figures: () => EndFigures) => LoopPart,
) {
  const identity = localKeyOf(randomBytes(random, 32));
  const transport = new Endpoint({
    identity,
    work: { idNonce: 0n, rankNonce: 0n, rank: 0 },
    networkName: "bench",
    random,
    unixMs: () => clock.unixMs(),
    now: clock.now(),
    exemptPrivateAddresses: true,
    datagramBytesMax: datagramBytes,
    connection: { congestionControl },
  });
  const figures = (): EndFigures => ({
    elapsedMs: clock.now(),
    cpuMs: cpuMs(),
    sentPackets: transport.stats()["sent_datagrams"] ?? 0,
  });
  const driver = new Driver(clock, transport, [partOf(transport, figures)]);
  const socket = await openSocket({ host: ip, port: 0 }, driver.handlers);
  driver.attach(socket);
  return {
    figures,
    port: socket.localAddress.port,
    publicKey: identity.publicKey,
    async close() {
      const now = clock.now();
      for (const connection of transport.connections()) {
        transport.close(connection, CLOSE_DONE, now);
      }
      await driver.close();
    },
  };
}

function since(start: EndFigures, end: EndFigures): EndFigures {
  return {
    elapsedMs: end.elapsedMs - start.elapsedMs,
    cpuMs: end.cpuMs - start.cpuMs,
    sentPackets: end.sentPackets - start.sentPackets,
  };
}
