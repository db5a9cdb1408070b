import {
  after,
  asChunkId,
  type ChunkId,
  type Instant,
  SeededRandom,
} from "../../../../src/lib/mod.ts";
import { Holdings } from "../../../../src/node/fetch/holdings.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { decodeMessage, isDrop, type MessageOfType } from "../../../../src/wire/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const ONE = 1 as ConnectionHandle, TWO = 2 as ConnectionHandle;
const T0 = 1_000 as Instant;
const IDS = Array.from({ length: 60 }, (_, i) => asChunkId(new Uint8Array(20).fill(i)));
const idOf = (i: number): ChunkId => IDS[i] ?? asChunkId(new Uint8Array(20));

function fixture() {
  const sent: { to: number; asked: MessageOfType<"HAVE"> }[] = [];
  const state = { isUp: true };
  const holdings = new Holdings({
    sendMessage: (to, bytes) => {
      const asked = decodeMessage(bytes);
      if (isDrop(asked) || asked.type !== "HAVE") throw new Error("no HAVE");
      if (state.isUp) sent.push({ to, asked });
      return state.isUp;
    },
  }, new SeededRandom(3));
  const reply = (to: number, held: readonly number[], nth = 0, now = T0): boolean =>
    holdings.handleReply(to as ConnectionHandle, {
      type: "HAVE_REPLY",
      requestId: sent[nth]?.asked.requestId ?? 0,
      held: Uint8Array.from(held),
      prices: new Uint8Array(1),
      queueMs: 0,
    }, now);
  return { holdings, sent, reply, state };
}

describe("Holdings", () => {
  test("asks for 48 at most; what is not held is lacking, for five seconds", () => {
    const { holdings, sent, reply } = fixture();
    holdings.ask(ONE, IDS, T0);
    expect(sent.map(({ to, asked }) => [to, asked.ids.length])).toEqual([[1, 48]]);
    expect(holdings.lacks(ONE, idOf(0), T0)).toBe(false);
    expect(reply(1, [0b10, 0, 0, 0, 0, 0])).toBe(true);
    expect([0, 1, 2, 47, 48].map((i) => holdings.lacks(ONE, idOf(i), T0))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(holdings.lacks(TWO, idOf(0), T0)).toBe(false);
    expect(holdings.lacks(ONE, idOf(0), after(T0, 4_999))).toBe(true);
    expect(holdings.lacks(ONE, idOf(0), after(T0, 5_000))).toBe(false);
  });

  test("an answer counts once, and from the one who was asked", () => {
    const { holdings, reply } = fixture();
    holdings.ask(ONE, IDS.slice(0, 3), T0);
    expect(reply(2, [0])).toBe(false);
    expect(holdings.lacks(TWO, idOf(0), T0)).toBe(false);
    expect(reply(1, [])).toBe(true); // a bitmap too short holds nothing
    expect(holdings.lacks(ONE, idOf(2), T0)).toBe(true);
    expect(reply(1, [0xff])).toBe(false);
  });

  test("a newer answer replaces the older, and a lost connection ends both", () => {
    const { holdings, reply } = fixture();
    holdings.ask(ONE, IDS.slice(0, 2), T0);
    holdings.ask(ONE, IDS.slice(0, 2), T0);
    reply(1, [0b00], 0);
    reply(1, [0b01], 1);
    expect([0, 1].map((i) => holdings.lacks(ONE, idOf(i), T0))).toEqual([false, true]);
    holdings.forget(ONE);
    expect(holdings.lacks(ONE, idOf(1), T0)).toBe(false);
  });

  test("questions are bounded, and nothing is asked of nobody or about nothing", () => {
    const { holdings, sent, reply, state } = fixture();
    for (let i = 0; i < 300; i++) holdings.ask(ONE, IDS.slice(0, 1), T0);
    expect(reply(1, [0], 0)).toBe(false); // forgotten: 299 came after it
    expect(reply(1, [0], 299)).toBe(true);
    holdings.ask(ONE, [], T0);
    state.isUp = false;
    holdings.ask(ONE, IDS, T0);
    expect(sent.length).toBe(300);
    expect(holdings.asked).toBe(300);
  });
});
