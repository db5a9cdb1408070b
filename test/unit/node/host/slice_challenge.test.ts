import { sha1 } from "../../../../src/crypto/mod.ts";
import { asChunkId, SeededRandom, toHex } from "../../../../src/lib/mod.ts";
import { SliceChallenger } from "../../../../src/node/host/slice_challenge.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { type Behaviour, holder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";
import { expect, test } from "../../../support/harness.ts";

const BYTES = new Uint8Array(3 * 65_536 + 7);
new SeededRandom(2).fill(BYTES);
const ID = asChunkId(sha1(BYTES));
const PEER = 1 as ConnectionHandle;

/** @param own this node's copy of it; null: none. */
async function challenge(behaviour: Behaviour, own: Uint8Array | null = BYTES, seed = 1) {
  const scripted = holder(1, behaviour, new Map([[toHex(ID), BYTES]]));
  const base = new FetchFixture([scripted]);
  base.transport.connect(scripted);
  const challenger = new SliceChallenger({
    requests: base.requests,
    store: {
      lengthOf: () => own?.length,
      read(_id, offset, into) {
        into.set(own?.subarray(offset, offset + into.length) ?? []);
        return Promise.resolve(true);
      },
    },
    clock: base.clock,
    random: new SeededRandom(seed),
    wake: () => {},
  });
  const asking = challenger.ask(PEER, ID);
  await base.settle();
  base.clock.advance(20_000);
  return { result: await asking, base };
}

test("who shows the very bytes has shown them, and is paid like for any reading", async () => {
  const { result, base } = await challenge("serve");
  expect([result, base.purse.proved.get(1), base.requests.openCount]).toEqual(["shown", 65_536, 0]);
  expect(base.clock.armed).toBe(0);
});

test("slices are drawn by chance, one at a time", async () => {
  const asked = new Set<number>();
  for (let seed = 1; seed < 12; seed++) {
    const { base } = await challenge("serve", BYTES, seed);
    for (const { bitmap } of base.transport.asked) asked.add(bitmap);
  }
  expect([...asked].sort()).toEqual([1, 2, 4, 8]);
});

test("other bytes are as good as none; silence is something else, as is no copy here", async () => {
  expect((await challenge("lie")).result).toBe("lacks");
  expect((await challenge("unknown")).result).toBe("lacks");
  expect((await challenge("silent")).result).toBe("silent");
  const without = await challenge("serve", null);
  expect([without.result, without.base.transport.asked]).toEqual(["unsure", []]);
});
