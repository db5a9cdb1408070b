/** The gate rows that need whole endpoints, with handshake and cipher (protocol.md §2.6). */
import type { CongestionControl } from "../../src/transport/mod.ts";
import { CHUNK_BYTES_MAX } from "../../src/wire/mod.ts";
import { EndpointWorld } from "./endpoint_world.ts";
import { InteropRun } from "./interop_run.ts";

const HANDSHAKES = 100;
const HANDSHAKE_MS = 10_000;
const COLD_RTT_MS = 80;
const COLD_BYTES_PER_MS = 12_500; // 100 Mbit/s
const SERVER_IP = "10.2.0.1";

/** Share of a hundred handshakes at once, each from a machine of its own, that are done in ten
 * seconds though 30 % are lost each way. */
export function handshakeRatio(control: CongestionControl, seed: number): number {
  const world = new EndpointWorld(seed, {
    delay: { kind: "fixed", ms: 40 },
    loss: { kind: "bernoulli", ratio: 0.3 },
  });
  world.network.onPacket = undefined;
  const connection = { congestionControl: control };
  const server = world.node(SERVER_IP, { connection });
  const clients = Array.from(
    { length: HANDSHAKES },
    (_, i) => world.node(`10.1.${i >> 7}.${1 + (i & 127)}`, { connection }),
  );
  for (const client of clients) client.connect(server);
  const isDone = (): boolean => clients.every((client) => client.ofKind("connected").length > 0);
  world.runUntil(isDone, HANDSHAKE_MS);
  return clients.filter((client) => client.ofKind("connected").length > 0).length / HANDSHAKES;
}

/** Round trips from the first INIT until a chunk of 1 MiB is here and right, on 100 Mbit/s and
 * 80 ms with a queue of as much. */
export function coldChunk(control: CongestionControl, seed: number): number {
  const faults = {
    delay: { kind: "uniform", minMs: COLD_RTT_MS / 2 - 1, maxMs: COLD_RTT_MS / 2 },
    bytesPerSecond: COLD_BYTES_PER_MS * 1_000,
    queueBytes: COLD_BYTES_PER_MS * COLD_RTT_MS,
  } as const;
  const run = new InteropRun({ control, seed, faults });
  run.fetch(CHUNK_BYTES_MAX, 60 * COLD_RTT_MS);
  return run.elapsedMs / COLD_RTT_MS;
}
