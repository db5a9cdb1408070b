import { asChunkId, type ChunkId, randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { FreePool, HostingContracts, hostingPrice, Sales } from "../../src/market/mod.ts";
import { Hosting } from "../../src/node/host/hosting.ts";
import { HostingTable } from "../../src/store/mod.ts";
import { decodeMessage, HOSTING_CODE, isDrop } from "../../src/wire/mod.ts";
import { expect, test } from "../support/harness.ts";
import { MIB } from "../support/market_parts.ts";
import { PEER, TradeParts } from "../support/trade_parts.ts";
import { memoryDatabase } from "../unit/store/fixtures.ts";

const OWN_RANK = 12;
const ATTEMPTS = 500;

/** A peer of that rank, with no credit here, would have random bytes kept: it asks for a price and
 * orders at it, orders on quotes that it made up, and goes on for as many seconds.
 * @returns bytes that the host's disk has grown by, and how often it has pulled anything. */
async function floodWithGarbage(rank: number, hasLimits: boolean) {
  const parts = new TradeParts();
  parts.rank = rank;
  const random = new SeededRandom(4);
  const sent: Uint8Array[] = [];
  const held = new Set<ChunkId>();
  let pulls = 0;
  const hosting = new Hosting({
    transport: { sendMessage: (_to, bytes) => sent.push(bytes) > 0 },
    store: {
      has: () => false,
      put: (id) => Promise.resolve(held.add(id) && "stored" as const),
      host: (_id, _isHosted, change) => Promise.resolve(change()).then(() => true),
      writeRows: (change) => Promise.resolve(change()),
    },
    table: new HostingTable(memoryDatabase()),
    contracts: new HostingContracts(),
    puller: {
      pull: () => {
        pulls++;
        return Promise.resolve({ result: "pulled", bytes: new Uint8Array(MIB) });
      },
    },
    standings: parts.standings,
    sales: new Sales(new FreePool(0), hasLimits),
    keeper: parts.keeper,
    clock: parts.clock,
    random,
    logger: parts.logger,
    hasLimits,
    ownRank: () => OWN_RANK,
    roomBytes: () => 64 * MIB,
    bumpedCb: () => 0n,
    isDenied: () => false,
    onHosted: () => {},
  });
  const price = hostingPrice(MIB, 1, 0n);
  const order = (id: ChunkId, quote: number) =>
    hosting.handlers.STORE?.(
      PEER,
      { type: "STORE", requestId: 2, quote, id, price },
      parts.now,
    );
  for (let i = 0; i < ATTEMPTS; i++) {
    const id = asChunkId(randomBytes(random, 20));
    sent.length = 0;
    order(id, random.u32());
    const ask = { type: "QUOTE" as const, requestId: 1, id, bytes: MIB, weeks: 1 };
    hosting.handlers.QUOTE?.(PEER, ask, parts.now);
    const reply = decodeMessage(sent.at(-1) ?? new Uint8Array());
    if (!isDrop(reply) && reply.type === "QUOTE_REPLY" && reply.code === HOSTING_CODE.agreed) {
      order(id, reply.quote);
    }
    await parts.world.advanceSettled(1_000);
  }
  return { grownBytes: held.size * MIB, pulls };
}

test("nobody without a greater rank has a byte of garbage pulled", async () => {
  for (const rank of [0, OWN_RANK]) {
    expect(await floodWithGarbage(rank, true)).toEqual({ grownBytes: 0, pulls: 0 });
  }
  const counted = await floodWithGarbage(0, false); // ranks and lines switched off
  expect(counted.grownBytes).toBe(16 * MIB); // all that one publisher may have
});

test("who outranks a host fills it as far as its line pays for weeks, and no further", async () => {
  const { grownBytes } = await floodWithGarbage(OWN_RANK + 1, true);
  expect(grownBytes).toBeGreaterThan(0);
  const lineCb = 2n * BigInt(MIB) * BigInt(OWN_RANK + 1);
  const affordable = Number(lineCb / hostingPrice(MIB, 1, 0n)) * MIB;
  expect(grownBytes).toBeLessThanOrEqual(Math.min(affordable, 16 * MIB));
});
