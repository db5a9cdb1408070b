import { type KnownNode, placementConfig, PlacementPlan } from "../../../../src/dht/mod.ts";
import { asChunkId, type ChunkId, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import { CopyKeeper } from "../../../../src/node/copies/copy_keeper.ts";
import { Offers } from "../../../../src/node/copies/offers.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { decodeMessage, isDrop, type MessageOfType } from "../../../../src/wire/mod.ts";
import { contactFrom, idFrom } from "../../../support/dht_parts.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import { expect, test } from "../../../support/harness.ts";

const SELF = idFrom("10");
const PEER = 1 as ConnectionHandle;
const nodeFrom = (hex: string): KnownNode => contactFrom(hex.padEnd(38, "0") + hex);

/** One neighbour, and a store of named objects. */
function setUp(names: readonly string[], canSend = true) {
  const clock = new HandClock();
  const held = new Map(names.map((name) => [toHex(idFrom(name)), 100]));
  const node = nodeFrom("11");
  const offers = new Offers();
  const sent: MessageOfType<"OFFER">[] = [];
  const plan = new PlacementPlan({
    self: SELF,
    config: placementConfig(2, 2 ** 30),
    random: new SeededRandom(1),
    nearest: () => [node],
    now: clock.now(),
  });
  const keeper = new CopyKeeper({
    ...{ plan, offers, clock, random: new SeededRandom(2), wake: () => {} },
    store: {
      lengthOf: (id) => held.get(toHex(id)),
      ids: () => [...held.keys()].map((hex) => ({ id: idOf(hex), alias: undefined, pinned: true })),
    },
    transport: {
      connect: () => PEER,
      info: () => ({ publicKey: node.publicKey }) as never,
      sendMessage: (_, bytes) => {
        const message = decodeMessage(bytes);
        if (isDrop(message) || message.type !== "OFFER") throw new Error("no OFFER");
        sent.push(message);
        return canSend;
      },
    },
    dht: { findClosest: () => Promise.resolve([]) },
  });
  const idOf = (hex: string): ChunkId => asChunkId(Uint8Array.from(Buffer.from(hex, "hex")));
  const run = (ms: number): void => {
    for (const end = clock.at + ms; clock.at <= end; clock.advance(250)) keeper.turn(clock.now());
  };
  const reply = (held: number, wanted: number, nth = sent.length - 1) =>
    keeper.handleReply(PEER, {
      type: "OFFER_REPLY",
      requestId: sent[nth]?.requestId ?? 0,
      held: Uint8Array.of(held),
      wanted: Uint8Array.of(wanted),
    }, clock.now());
  return { clock, held, node, offers, sent, plan, keeper, run, reply };
}

const A = asChunkId(idFrom("10aa")), B = asChunkId(idFrom("10bb"));

test("what is published is offered with its length, and free to fetch where it is wanted", () => {
  const { clock, keeper, offers, sent, plan, run, reply } = setUp(["10aa", "10bb"]);
  keeper.addOwn([A, B, asChunkId(idFrom("10cc"))]); // the last is not here
  run(0);
  expect(sent.map(({ ids, lengths }) => [ids, [...lengths]]))
    .toEqual([[[A, B], [0, 0, 100, 0, 0, 100]]]);
  expect(reply(0b01, 0b10)).toBeUndefined();
  expect(plan.givenBytes).toBe(0);
  expect([A, B].map((id) => offers.take(PEER, id, 100, clock.now()))).toEqual([false, true]);
  expect(plan.givenBytes).toBe(100);
});

test("what is fetched before an answer is paid from the bytes of the hour", () => {
  const { clock, keeper, offers, plan, run } = setUp(["10aa", "10bb"]);
  keeper.addOwn([A, B]);
  run(0);
  expect(offers.take(PEER, A, 100, clock.now())).toBe(true);
  expect(plan.givenBytes).toBe(100);
  plan.noteGiven(2 ** 30, clock.now());
  expect(offers.take(PEER, B, 100, clock.now())).toBe(false);
});

test("who has not answered in time can fetch nothing for nothing any more", () => {
  const { clock, keeper, offers, run } = setUp(["10aa"]);
  keeper.addOwn([A]);
  run(13_000);
  expect(offers.take(PEER, A, 1, clock.now())).toBe(false);
});

test("who wants a key again and has not asked for it counts as refusing it", () => {
  for (const doesAsk of [false, true]) {
    const { clock, keeper, offers, sent, run, reply } = setUp(["10aa"]);
    keeper.addOwn([A]);
    run(0);
    for (let i = 0; i < 2; i++) {
      reply(0, 1);
      if (doesAsk) offers.take(PEER, A, 100, clock.now());
      const before = sent.length;
      for (let second = 0; second < 600 && sent.length === before; second++) run(1_000);
    }
    expect([sent.length > 2, offers.take(PEER, A, 1, clock.now())]).toEqual([doesAsk, doesAsk]);
  }
});

test("an answer counts once, and only from the node that was asked", () => {
  const { keeper, node, run, reply } = setUp(["10aa"]);
  keeper.addOwn([A]);
  run(0);
  const publicKey = node.publicKey.slice();
  node.publicKey.fill(9);
  expect(reply(0, 1)).toBeUndefined();
  node.publicKey.set(publicKey);
  expect(reply(0, 1)).toBe("unexpected");
});

test("a node that does not answer, or cannot be written to, counts as silent", () => {
  for (const canSend of [true, false]) {
    const { keeper, sent, run } = setUp(["10aa"], canSend);
    keeper.addOwn([A]);
    run(13_000);
    expect(sent).toHaveLength(1);
    run(500_000);
    expect(sent).toHaveLength(1);
    run(120_000);
    expect(sent.length > 1).toBe(true); // ten minutes later it is tried again
  }
});

test("what has gone meanwhile is not offered, and not looked after any more", () => {
  const { held, keeper, sent, plan, run } = setUp(["10aa", "10bb"]);
  keeper.addOwn([A, B]);
  held.delete(toHex(A));
  run(0);
  expect([sent[0]?.ids, plan.size]).toEqual([[B], 1]);
});

test("a minute after a start what was published before is looked after again", () => {
  const { sent, plan, run } = setUp(["10aa", "10bb"]);
  run(59_000);
  expect(plan.size).toBe(0);
  run(2_000);
  expect(plan.size).toBe(2);
  run(600_000);
  expect(sent.length > 0).toBe(true);
});
