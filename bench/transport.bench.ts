/** The transport over loopback between two processes, beside others on the same machine, and what
 * its parts cost. `RUNS=n` for more or fewer runs, `STAGES=1` for the parts alone.
 * Run: make bench-transport */
import { execFile, spawnSync } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import {
  cipherFigures,
  LOOPBACK_DEFAULTS,
  type LoopbackFigures,
  type LoopbackScenario,
  measureLoopback,
  packetRate,
} from "../src/bench/mod.ts";
import { CHUNK_BYTES } from "../src/content/mod.ts";
import { usePrimitives } from "../src/crypto/mod.ts";
import { bunPrimitives } from "../src/runtime/bun/primitives.ts";
import { openBunSocket } from "../src/runtime/bun/udp.ts";
import { systemClock } from "../src/runtime/shared/clock.ts";
import { processHost } from "../src/runtime/shared/process_host.ts";
import { hyperdhtRate, installHyperdht } from "./peers/hyperdht.ts";
import { ngtcp2Rate, prepareNgtcp2 } from "./peers/ngtcp2.ts";
import { report } from "./report.ts";
import { sessions } from "./transport_memory.ts";
import { bare, sealed, transfer } from "./transport_stages.ts";

const RUNS = Number(process.env["RUNS"] ?? 5);
const BYTES = LOOPBACK_DEFAULTS.chunks * CHUNK_BYTES;
const WARM_UP_BYTES = LOOPBACK_DEFAULTS.warmUpChunks * CHUNK_BYTES;
const STAGE_CHUNKS = 128;
const GARBAGE_CHUNKS = 1_024;
const SESSIONS = 1_000;
/** Less than the minute after which idle sessions end. */
const IDLE_SECONDS = 20;
const IDLE_RUNS = 3;
const TRIES = 3;

/** A quarter of a gigabyte where packets cost ten times as much. */
const SCENARIOS: Readonly<Record<string, LoopbackScenario>> = {
  raw: LOOPBACK_DEFAULTS,
  verified: { ...LOOPBACK_DEFAULTS, isVerified: true },
  jumbo: { ...LOOPBACK_DEFAULTS, datagramBytes: 8_952 },
  portable: { ...LOOPBACK_DEFAULTS, chunks: 256, isPortable: true },
};

process.argv[1] = new URL("../src/main_bun.ts", import.meta.url).pathname; // whom the ends are
usePrimitives(bunPrimitives);

if (process.env["STAGES"] === undefined) await transfers();
await stages();

/** All that move bytes, in turn, so that one run's ratios saw the same machine. */
async function transfers(): Promise<void> {
  const { spawnOwn } = processHost();
  const moved: Record<string, LoopbackFigures[]> = {};
  const others = new Map<string, (number | undefined)[]>();
  const peers = otherTransports();
  for (let run = 0; run < RUNS; run++) {
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      (moved[name] ??= []).push(await measureLoopback(systemClock, spawnOwn, scenario));
    }
    for (const { name, rate } of peers) {
      others.set(name, [...(others.get(name) ?? []), await triedRate(name, rate)]);
    }
  }
  const rates = (name: string) => (moved[name] ?? []).map((each) => each.megabytesPerSecond);
  for (const name of Object.keys(SCENARIOS)) report(`transport.${name}_mb_s`, "MB/s", rates(name));
  for (const { name, against } of peers) {
    const theirs = others.get(name) ?? [];
    const known = theirs.filter((rate) => rate !== undefined);
    if (known.length === 0) continue;
    report(`transport.${name}_mb_s`, "MB/s", known);
    const ratios = rates(against).map((rate, i) => rate / (theirs[i] ?? NaN));
    report(`transport.ratio_${name}`, "x", ratios.filter((ratio) => !Number.isNaN(ratio)));
  }
  const raw = moved["raw"] ?? [];
  const both = (each: LoopbackFigures) => each.sendingMicros + each.receivingMicros;
  report("transport.cpu_us_per_packet", "us", raw.map(both));
  report("transport.cpu_us_per_packet.sending_process", "us", raw.map((r) => r.sendingMicros));
  report("transport.cpu_us_per_packet.receiving_process", "us", raw.map((r) => r.receivingMicros));
}

interface OtherTransport {
  readonly name: string;
  /** What of ours it is compared with. */
  readonly against: keyof typeof SCENARIOS;
  readonly rate: () => Promise<number>;
}

/** Those that are here or can be fetched; a message for each that is not. */
function otherTransports(): OtherTransport[] {
  const found: OtherTransport[] = [];
  const folder = installHyperdht();
  if (folder !== undefined) {
    const rate = () => hyperdhtRate(folder, BYTES, WARM_UP_BYTES);
    found.push({ name: "hyperdht", against: "verified", rate });
  } else console.error("npm cannot fetch hyperdht: ratio_hyperdht left out");
  if (prepareNgtcp2(BYTES)) {
    found.push({ name: "ngtcp2", against: "raw", rate: () => ngtcp2Rate(BYTES) });
  } else console.error("no ngtcp2-server and ngtcp2-client here: ratio_ngtcp2 left out");
  return found;
}

/** On a busy machine others' handshakes time out: tried a few times, else that run is left out. */
async function triedRate(name: string, rate: () => Promise<number>): Promise<number | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return await rate();
    } catch (error) {
      console.error(`${name}: ${String(error)}`);
    }
  }
  return undefined;
}

/** What is in a packet's cost, each part by itself on one processor. */
async function stages(): Promise<void> {
  const micros = (protect: typeof bare, of: "senderMs" | "receiverMs") => {
    transfer(protect, STAGE_CHUNKS);
    return Array.from({ length: RUNS }, () => {
      const costs = transfer(protect, STAGE_CHUNKS);
      return 1_000 * costs[of] / costs.packets;
    });
  };
  const stage = (name: string, values: readonly number[]) =>
    report(`transport.cpu_us_per_packet.${name}`, "us", values);
  stage("frames_out", micros(bare, "senderMs"));
  stage("frames_in", micros(bare, "receiverMs"));
  stage("frames_and_cipher_out", micros(sealed, "senderMs"));
  stage("frames_and_cipher_in", micros(sealed, "receiverMs"));
  const ciphers = Array.from({ length: RUNS }, () => cipherFigures(systemClock));
  stage("seal", ciphers.map(([seal]) => seal?.value ?? NaN));
  stage("open", ciphers.map(([, open]) => open?.value ?? NaN));
  const sockets: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { cpuMs } = processHost();
    const before = cpuMs(), start = performance.now();
    const { value } = await packetRate(systemClock, openBunSocket, "");
    sockets.push(1_000 * (cpuMs() - before) / (value * (performance.now() - start) / 1_000));
  }
  stage("sockets_both_ends", sockets);
  report("transport.garbage_bytes_per_packet", "B", [garbagePerPacket()]);
  sessions(SESSIONS); // the code that it compiles is on the heap as well
  const held = Array.from({ length: RUNS }, () => sessions(SESSIONS));
  report("transport.handshakes_per_s", "1/s", held.map((h) => 1_000 * h.count / h.answeringMs));
  report(
    "transport.handshakes_called_per_s",
    "1/s",
    held.map((h) => 1_000 * h.count / h.callingMs),
  );
  report("transport.idle_session_bytes", "B", held.map((h) => h.heapBytes / h.count));
  await idle();
}

/** What a process with idle sessions takes of a processor, beside one that has none: the runtime
 * itself is never quite still. */
async function idle(): Promise<void> {
  const script = new URL("transport_idle.ts", import.meta.url).pathname;
  const run = promisify(execFile);
  const idleFor = async (sessions: number): Promise<{ cpuMs: number; turns: number }> => {
    const args = [script, String(sessions), String(IDLE_SECONDS)];
    return JSON.parse((await run(process.execPath, args)).stdout);
  };
  const full = [], empty = [];
  for (let i = 0; i < IDLE_RUNS; i++) {
    const [with_, without] = await Promise.all([idleFor(SESSIONS), idleFor(0)]);
    full.push(with_);
    empty.push(without);
  }
  const share = ({ cpuMs }: { cpuMs: number }) => cpuMs / (1_000 * IDLE_SECONDS);
  report("transport.idle_cpu_share", "of a processor", full.map(share));
  report("transport.idle_cpu_share.without_sessions", "of a processor", empty.map(share));
  report("transport.idle_turns", "turns of the loop", full.map(({ turns }) => turns));
}

/** Bytes of objects made and thrown away per packet, sending, receiving and acknowledging it
 * together: what Bun says it had allocated before each collection, buffers not counted. */
function garbagePerPacket(): number {
  const script = new URL("transport_garbage.ts", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(process.execPath, [script, String(GARBAGE_CHUNKS)], {
    env: { ...process.env, BUN_JSC_logGC: "1" },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const said = `${stdout}\n${stderr}`.matchAll(/this cycle: \d+ .*normal bytes: (\d+)/g);
  let bytes = 0;
  for (const [, normal] of said) bytes += Number(normal);
  const packets = Number(/^(\d+)$/m.exec(stdout)?.[1]);
  return bytes / packets;
}
