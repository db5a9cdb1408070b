import { asChunkId } from "../../../../src/lib/mod.ts";
import { HaveAhead } from "../../../../src/node/fetch/have_ahead.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

function fixture(last: number, here: readonly number[] = []) {
  const asked: { holder: number; first: number; count: number }[] = [];
  const state = { holders: [1] as number[], read: [] as number[] };
  const have = new HaveAhead(
    {
      fileKeys: [],
      chunk(index) {
        state.read.push(index);
        return Promise.resolve({ id: asChunkId(new Uint8Array(20).fill(index)) });
      },
    },
    last,
    {
      holdersOf: () => state.holders as ConnectionHandle[],
      askWhatItHas: (holder, ids) =>
        void asked.push({ holder, first: ids[0]?.[0] ?? -1, count: ids.length }),
      isHere: (id) => here.includes(id[0] ?? -1),
    },
  );
  const step = async (coming: number): Promise<void> => {
    have.step(coming);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { asked, state, step };
}

describe("HaveAhead", () => {
  test("asks for 48 chunks, and again when 16 are left", async () => {
    const { asked, step } = fixture(300);
    for (let coming = 8; coming < 45; coming++) await step(coming);
    expect(asked).toEqual([
      { holder: 1, first: 8, count: 48 },
      { holder: 1, first: 56, count: 8 }, // to the end of the page of 64
    ]);
  });

  test("a holder that comes later is asked too; a short file needs no question", async () => {
    const { asked, state, step } = fixture(20);
    await step(8);
    state.holders = [1, 2];
    await step(9);
    expect(asked).toEqual([{ holder: 1, first: 8, count: 13 }, { holder: 2, first: 9, count: 12 }]);
    const short = fixture(7);
    await short.step(8);
    expect([short.asked, short.state.read]).toEqual([[], []]);
  });

  test("the page to come is not fetched for it, and what is here not asked for", async () => {
    const { asked, state, step } = fixture(300, [60, 61]);
    await step(58);
    expect(Math.max(...state.read)).toBe(63);
    expect(asked).toEqual([{ holder: 1, first: 58, count: 4 }]);
    await step(64);
    expect(asked.length).toBe(1);
    await step(65);
    expect(asked[1]).toEqual({ holder: 1, first: 65, count: 48 });
  });
});
