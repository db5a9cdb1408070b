import { aead, sha1, sha256 } from "../crypto/mod.ts";
import { SLICE_BYTES } from "../content/mod.ts";
import type { Clock, OpenDatagramSocket } from "../ports/mod.ts";

/** One measured number. */
export interface PartFigure {
  /** Dotted, the topic first. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const PACKET_BYTES = 1_472;
const HEAD_BYTES = 12;
const TAG_BYTES = 16;
const TRAIN_PACKETS = 44;
const CIPHER_CALLS = 50_000;
const HASHED_SLICES = 2_000;
/** 2 MB, which the receive buffers that we ask for hold: timers wake no finer than 1 ms. */
const TRAINS_PER_TURN = 32;
const PACKETS_MS = 500;
/** Warming a compiler up takes a quarter of the calls that are measured. */
const WARM_UP = 0.25;

/** What sealing and opening a full packet costs, with the primitives that are in use. */
export function cipherFigures(clock: Clock, calls: number = CIPHER_CALLS): PartFigure[] {
  const cipher = aead(new Uint8Array(32).fill(1));
  const [nonce, head] = [new Uint8Array(12), new Uint8Array(HEAD_BYTES)];
  const packet = new Uint8Array(PACKET_BYTES);
  const into = new Uint8Array(PACKET_BYTES);
  const bytes = PACKET_BYTES - HEAD_BYTES - TAG_BYTES;
  const seal = microsPerCall(clock, calls, () => {
    cipher.seal(nonce, head, packet, HEAD_BYTES, bytes);
  });
  const open = microsPerCall(clock, calls, () => {
    cipher.open(nonce, head, packet, HEAD_BYTES, bytes + TAG_BYTES, into);
  });
  return [
    { name: "cipher.seal_us", value: seal, unit: "us" },
    { name: "cipher.open_us", value: open, unit: "us" },
  ];
}

/** How fast slices are hashed. */
export function hashFigures(clock: Clock, slices: number = HASHED_SLICES): PartFigure[] {
  const slice = new Uint8Array(SLICE_BYTES).fill(1);
  return ([["sha256", sha256], ["sha1", sha1]] as const).map(([name, hash]) => ({
    name: `hash.${name}_mb_s`,
    value: SLICE_BYTES / microsPerCall(clock, slices, () => hash(slice)),
    unit: "MB/s",
  }));
}

function microsPerCall(clock: Clock, calls: number, deed: () => void): number {
  for (let i = 0; i < WARM_UP * calls; i++) deed();
  const start = clock.now();
  for (let i = 0; i < calls; i++) deed();
  return 1_000 * (clock.now() - start) / calls;
}

/** Packets per second from one socket of this process to another, in trains, nothing done to them.
 * Both ends share a processor, so a process that does one of the two gets about twice as far. */
export async function packetRate(
  clock: Clock,
  openSocket: OpenDatagramSocket,
  name: string,
  measuredMs: number = PACKETS_MS,
): Promise<PartFigure> {
  const train = new Uint8Array(TRAIN_PACKETS * PACKET_BYTES);
  let receivedBytes = 0;
  const bind = { host: "127.0.0.1", port: 0 };
  const quiet = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const to = await openSocket(bind, {
    ...quiet,
    onDatagram: (bytes) => void (receivedBytes += bytes.length),
  });
  const from = await openSocket(bind, quiet);
  const start = clock.now();
  let elapsedMs = 0;
  for (; elapsedMs < measuredMs; elapsedMs = clock.now() - start) {
    for (let i = 0; i < TRAINS_PER_TURN; i++) from.send(to.localAddress, train, PACKET_BYTES);
    await new Promise<void>((resolve) => clock.schedule(0, resolve));
  }
  await Promise.all([from.close(), to.close()]);
  const value = 1_000 * receivedBytes / PACKET_BYTES / elapsedMs;
  return { name, value, unit: "packets/s" };
}
