import { sha1 } from "../../../../src/crypto/mod.ts";
import {
  OfferIntake,
  offerIntakeConfig,
  placementConfig,
  PlacementPlan,
} from "../../../../src/dht/mod.ts";
import { asChunkId, type ChunkId, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import { OfferTaker } from "../../../../src/node/copies/offer_taker.ts";
import type { PullResult } from "../../../../src/node/copies/pull_offer.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { decodeMessage, encodeLengths, isDrop } from "../../../../src/wire/mod.ts";
import { contactFrom, idFrom, keyFrom } from "../../../support/dht_parts.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import { expect, test } from "../../../support/harness.ts";
import { MemoryStore } from "../../../support/memory_store.ts";

const PEER = 1 as ConnectionHandle;
const BYTES = new TextEncoder().encode("a chunk that lies near");
const ID = asChunkId(sha1(BYTES));
const LACKING = asChunkId(idFrom("12"));

function setUp(options: { isOn?: boolean; isProven?: boolean; pulled?: PullResult } = {}) {
  const { isOn = true, isProven = true, pulled = { result: "pulled", bytes: BYTES } } = options;
  const clock = new HandClock();
  const store = new MemoryStore();
  const state = { isBusy: false, pulls: [] as string[], unkept: [] as string[] };
  const replies: unknown[] = [];
  const peer = contactFrom("11");
  const plan = new PlacementPlan({
    self: idFrom("10"),
    config: placementConfig(2, 2 ** 30),
    random: new SeededRandom(1),
    nearest: () => [],
    now: clock.now(),
  });
  const has = (id: Uint8Array): boolean => store.objects.has(toHex(id));
  const intake = new OfferIntake<ConnectionHandle>({
    config: offerIntakeConfig(2 ** 30, 2 ** 30),
    holds: has,
    wants: () => isOn,
    guardedBytes: () => plan.guardedBytes,
    now: clock.now(),
  });
  const taker = new OfferTaker({
    ...{ intake, plan, isOn, clock, wake: () => {} },
    transport: {
      info: () => ({ ...peer, publicKey: keyFrom(1), work: { idNonce: 0n } }) as never,
      sendMessage: (_, bytes) => {
        const message = decodeMessage(bytes);
        if (isDrop(message) || message.type !== "OFFER_REPLY") throw new Error("no OFFER_REPLY");
        replies.push([message.held[0], message.wanted[0]]);
        return true;
      },
    },
    verified: { nodeIdOf: () => isProven ? peer.nodeId : undefined },
    puller: {
      pull: (_, id) => {
        state.pulls.push(toHex(id));
        return Promise.resolve(pulled);
      },
    },
    store: { put: (id, bytes, how) => store.put(id, bytes, how), has },
    isBusy: () => state.isBusy,
    onUnkept: (id) => void state.unkept.push(toHex(id)),
  });
  const offer = (ids: readonly ChunkId[], lengths = ids.map(() => BYTES.length)) =>
    taker.handleOffer(PEER, {
      type: "OFFER",
      requestId: 7,
      ids,
      lengths: encodeLengths(lengths),
    }, clock.now());
  const run = async (): Promise<void> => {
    taker.turn(clock.now());
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  };
  return { clock, store, state, replies, plan, intake, offer, run };
}

test("what is offered and wanted is fetched, kept, and looked after from then on", async () => {
  const { store, state, replies, plan, intake, offer, run } = setUp();
  expect(offer([ID])).toBeUndefined();
  await run();
  expect([replies, state.pulls, store.objects.has(toHex(ID))])
    .toEqual([[[0, 1]], [toHex(ID)], true]);
  expect([plan.isGuarding(ID), plan.guardedBytes, intake.takenBytes])
    .toEqual([true, BYTES.length, BYTES.length]);
  offer([ID]);
  await run();
  expect([replies.at(-1), state.pulls.length]).toEqual([[1, 0], 1]);
});

test("what is on its way already is said to be, with both bits", () => {
  const { replies, offer } = setUp();
  offer([ID]);
  offer([ID]);
  expect(replies).toEqual([[0, 1], [1, 1]]);
});

test("a node that takes no copies says so, and fetches nothing", async () => {
  const { state, replies, plan, offer, run } = setUp({ isOn: false });
  offer([ID]);
  await run();
  expect([replies, state.pulls, plan.size]).toEqual([[[0, 0]], [], 0]);
});

test("what could not be fetched, stored, or goes by another name is not looked after", async () => {
  const failed = setUp({ pulled: { result: "stalled" } });
  failed.offer([ID]);
  await failed.run();
  const full = setUp();
  full.store.failFrom = 0;
  full.offer([ID]);
  await full.run();
  const other = setUp();
  other.offer([asChunkId(idFrom("12"))]);
  await other.run();
  expect([failed, full, other].map(({ plan, intake }) => [plan.size, intake.takenBytes]))
    .toEqual([[0, 0], [0, 0], [0, 0]]);
  expect([failed, full].map(({ state }) => state.unkept)).toEqual([[], [toHex(ID)]]);
});

test("a store that keeps nothing, as on a full disk, is tried once a minute", async () => {
  const { clock, store, state, replies, offer, run } = setUp();
  store.failFrom = 0;
  offer([ID]);
  await run();
  for (let second = 0; second < 59; second++) {
    clock.advance(1_000);
    offer([ID]);
    await run();
  }
  expect([state.pulls.length, state.unkept.length, replies.at(-1)]).toEqual([1, 1, [0, 0]]);
  store.failFrom = Infinity;
  clock.advance(1_000);
  offer([ID]);
  await run();
  expect([state.pulls.length, replies.at(-1), store.objects.has(toHex(ID))])
    .toEqual([2, [0, 1], true]);
});

test("while the store keeps nothing more, what it holds is told of as before", async () => {
  const { clock, store, replies, plan, offer, run } = setUp();
  offer([ID]);
  await run();
  store.failFrom = 0;
  offer([LACKING]);
  await run();
  clock.advance(1_000);
  const told: number[] = [];
  plan.handleOffered = (_contact, held) => void told.push(held.length);
  offer([ID, LACKING]);
  expect([replies.at(-1), told]).toEqual([[0b001, 0], [1]]);
});

test("a store that is busy or closes may keep the next: it is tried again at once", async () => {
  for (const code of ["BUSY", "DRAINING"] as const) {
    const { store, state, replies, offer, run } = setUp();
    store.failFrom = 0;
    store.failCode = code;
    offer([ID]);
    await run();
    offer([ID]);
    expect([state.unkept.length, replies]).toEqual([1, [[0, 1], [0, 1]]]);
  }
});

test("while somebody reads, one object is fetched in ten seconds", async () => {
  const { clock, state, offer, run } = setUp({ pulled: { result: "credit" } });
  offer(["01", "02", "03"].map((hex) => asChunkId(idFrom(hex))));
  state.isBusy = true;
  await run();
  expect(state.pulls).toHaveLength(1);
  clock.advance(9_000);
  await run();
  expect(state.pulls).toHaveLength(1);
  clock.advance(1_000);
  await run();
  expect(state.pulls).toHaveLength(2);
  state.isBusy = false;
  await run();
  expect(state.pulls).toHaveLength(3);
});

test("who has not proven its NodeId is refused, and is told nothing", async () => {
  const { store, state, replies, offer, run } = setUp({ isProven: false });
  await store.put(ID, BYTES, { pinned: false });
  offer([ID, asChunkId(idFrom("12"))]);
  await run();
  expect([replies, state.pulls]).toEqual([[[0, 0]], []]);
});

test("who offers and does not deliver is refused for ten minutes, in all it offered", async () => {
  for (const result of ["stalled", "late", "wrong", "unknown"] as const) {
    const { clock, state, replies, intake, offer, run } = setUp({ pulled: { result } });
    offer([ID, asChunkId(idFrom("12"))]);
    await run();
    expect([state.pulls.length, intake.waiting]).toEqual([1, 0]);
    clock.advance(599_999);
    offer([ID]);
    clock.advance(1);
    offer([ID]);
    expect(replies).toEqual([[0, 3], [0, 0], [0, 1]]);
  }
});

test("lengths that do not match the ids are dropped, and so is a flood of offers", () => {
  const { replies, offer } = setUp();
  expect(offer([ID], [1, 2])).toBe("bad_message");
  const outcomes = Array.from({ length: 40 }, () => offer([ID]));
  expect([outcomes.filter((drop) => drop === "limit").length, replies.length]).toEqual([21, 19]);
});
