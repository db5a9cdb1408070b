import { SLICE_BYTES } from "../../content/mod.ts";
import { formatAddress, type Instant, toHex } from "../../lib/mod.ts";
import { Spending } from "../../market/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import { type ConnectionHandle, FETCH_STATUS, type Transport } from "../../transport/mod.ts";
import type { ReadOptions, Trace } from "../contract/api.ts";
import type { HolderReport, HolderSet } from "../peers/holder_set.ts";
import type { FetchRequests, FetchSink } from "./fetch_requests.ts";

/** A trace that nobody limits ends after this long. */
const TRACE_TIMEOUT_MS = 10_000;
const POLL_MS = 10;

export interface TracerDoors {
  readonly transport: Transport;
  readonly requests: FetchRequests;
  readonly clock: Clock;
  /** A holder set of its own, so that nothing cached hides the network's answer. */
  readonly newHolderSet: (key: Uint8Array) => HolderSet;
  readonly look: (set: HolderSet) => Promise<void>;
  /** Whether our own store has the object. */
  readonly isHeldHere: (key: Uint8Array) => boolean;
  readonly nodeIdOf: (publicKey: Uint8Array, idNonce: bigint) => Promise<Uint8Array | undefined>;
}

/** Tells the whole story of finding one object: rounds, holders, dials, first byte. */
export async function trace(
  id: Uint8Array,
  key: Uint8Array,
  doors: TracerDoors,
  options?: ReadOptions,
): Promise<Trace> {
  const { clock } = doors;
  const startedAt = clock.now();
  const deadline = startedAt + (options?.timeoutMs ?? TRACE_TIMEOUT_MS);
  const isOver = (): boolean => clock.now() >= deadline || options?.signal?.aborted === true;
  const set = doors.newHolderSet(key);
  const looking = doors.look(set);
  while (set.connected.size === 0 && !set.isSettled && !isOver()) await pause(clock, POLL_MS);
  const first = [...set.connected][0];
  const spending = new Spending();
  const firstByteMs = first === undefined
    ? undefined
    : await firstByte(first, key, { ...doors, spending }, startedAt, isOver);
  await Promise.race([looking, pause(clock, Math.max(0, deadline - clock.now()))]);
  while (!set.isSettled && !isOver()) await pause(clock, POLL_MS);
  const holders = await Promise.all(
    set.reports().map((report) => describe(report, key, doors, spending)),
  );
  const heldHere = doors.isHeldHere(key);
  return {
    id: toHex(id),
    found: heldHere || holders.length > 0,
    rounds: set.outcome?.rounds ?? [],
    holders,
    firstByteMs,
    totalMs: clock.now() - startedAt,
    heldHere,
  };
}

/** Asks for the first slice and waits for its last byte; nothing of it is kept. */
async function firstByte(
  connection: ConnectionHandle,
  key: Uint8Array,
  doors: TracerDoors & { readonly spending: Spending },
  startedAt: Instant,
  isOver: () => boolean,
): Promise<number | undefined> {
  const { clock, requests, spending } = doors;
  const state: { at?: number; hasFailed: boolean } = { hasFailed: false };
  const fail = (): void => void (state.hasFailed = true);
  const sink: FetchSink = {
    info: (status) => status === FETCH_STATUS.ok || fail(),
    slice: () => void (state.at = clock.now() - startedAt),
    refused: fail,
    closed: fail,
  };
  const into = new Uint8Array(SLICE_BYTES);
  const request = { id: key, bitmap: 1, into, spending };
  const requestId = requests.start(connection, request, sink, clock.now());
  if (requestId === undefined) return undefined;
  while (state.at === undefined && !state.hasFailed && !isOver()) await pause(clock, 1);
  requests.cancel(connection, requestId, clock.now());
  return state.at;
}

async function describe(
  { target, connection, result }: HolderReport,
  key: Uint8Array,
  { transport, requests, nodeIdOf }: TracerDoors,
  spending: Spending,
): Promise<Trace["holders"][number]> {
  const info = connection === undefined ? undefined : transport.info(connection);
  if (connection !== undefined) requests.priceOf(connection, key); // has its place proven
  const nodeId = info && await nodeIdOf(target.publicKey, info.work.idNonce);
  const priceFactor = connection && requests.priceOf(connection, key);
  const publicKey = toHex(target.publicKey);
  const paid = spending.holders().find((holder) => holder.publicKey === publicKey);
  return {
    nodeId: nodeId === undefined ? "" : toHex(nodeId),
    address: formatAddress(target.address),
    rttMs: info?.smoothedRttMs,
    result,
    ...(priceFactor !== undefined && { priceFactor }),
    ...(paid && { paidCb: paid.cb }),
  };
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(ms, resolve));
}
