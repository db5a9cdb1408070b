/** What accounts cost beside the transfer that they count: processor time of both ends per chunk of
 * 1 MiB, in two FETCHes of eight slices, a receipt every 2 MiB signed and checked with ed25519. The
 * transfer is transport, cipher and the proof of every slice and chunk, in memory; sockets, disks
 * and the loop around them, which a real one has besides, make the share smaller. The ledger's disk
 * is memory: a worker waits for the real one. */
import process from "node:process";
import { sliceHashesOf, verifySlice } from "../src/content/mod.ts";
import { sha1, usePrimitives } from "../src/crypto/mod.ts";
import { type NodeId, SeededRandom } from "../src/lib/mod.ts";
import { FreePool, Purchases, ReceiptBook, Sales } from "../src/market/mod.ts";
import { Buying } from "../src/node/trade/buying.ts";
import { ReceiptDesk } from "../src/node/trade/receipt_desk.ts";
import { Selling } from "../src/node/trade/selling.ts";
import { FETCH_STATUS } from "../src/transport/mod.ts";
import { CHUNK_BYTES_MAX, decodeMessage, isDrop, SLICE_BYTES } from "../src/wire/mod.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import { keyOf, NETWORK_ID } from "../test/support/market_parts.ts";
import { idAt, PEER, TradeParts } from "../test/support/trade_parts.ts";
import { report } from "./report.ts";
import { threadMs } from "./thread_time.ts";
import { sealed, transfer } from "./transport_stages.ts";

const RUNS = 15;
const CHUNKS = 256;
const SLICES = 8;

if (process.versions.bun !== undefined) {
  usePrimitives((await import("../src/runtime/bun/primitives.ts")).bunPrimitives);
} else usePrimitives(nativePrimitives);

/** A client that is key 1 and a server that is key 2, each with a ledger of its own. */
function ends() {
  const client = new TradeParts(keyOf(2));
  const server = new TradeParts(keyOf(1));
  const mail: Uint8Array[] = [];
  const desk = (parts: TradeParts, own: number, onBytes: (bytes: Uint8Array) => void) =>
    new ReceiptDesk({
      book: new ReceiptBook(keyOf(own), NETWORK_ID),
      keeper: parts.keeper,
      transport: {
        info: parts.transport.info,
        sendMessage: (_to, bytes) => {
          onBytes(bytes);
          return true;
        },
      },
      clock: parts.clock,
      random: new SeededRandom(own),
      logger: parts.logger,
      wake: () => {},
      onSigned: () => {},
      windowOf: () => 2n ** 23n,
      toldBy: () => ({ balance: 0n, line: 2n ** 40n }),
    });
  const buyer = desk(client, 1, (bytes) => void mail.push(bytes));
  const seller = desk(server, 2, () => {});
  const { transport, clock, logger } = client;
  const buying = new Buying({
    ...{ purchases: new Purchases(), keeper: client.keeper, standings: client.standings },
    ...{ transport, clock, logger, hasLimits: true, maxPrice: undefined },
    networkSize: () => 1_000_000,
    ownRank: () => 0,
    onBought: (connection, account, factor) => buyer.noteBought(connection, account, factor),
  });
  server.rank = 63;
  const selling = new Selling({
    ...{ sales: new Sales(new FreePool(1e12), true), keeper: server.keeper, priceFloor: 0 },
    ...{ standings: server.standings, transport: server.transport, clock: server.clock },
    nodeId: new Uint8Array(20) as NodeId,
    hasLimits: true,
    isCounted: () => false,
    admission: { check: () => undefined },
  });
  return { client, server, mail, buyer, seller, buying, selling };
}

/** Everything that both ends do for so many chunks. @returns ms of this thread. */
async function account(chunks: number): Promise<number> {
  const { client, server, mail, buyer, seller, buying, selling } = ends();
  const bytes = SLICES * SLICE_BYTES;
  let spentMs = 0;
  for (let request = 0; request < 2 * chunks; request++) {
    const start = threadMs();
    const id = idAt(request % 3);
    const payment = buying.begin(PEER, id, bytes);
    if (payment === undefined) throw new Error("may not buy");
    const ask = { connection: PEER, requestId: request, id, bytes, maxPrice: payment.maxPrice };
    const { status, standing } = selling.open(ask, server.now);
    if (status !== FETCH_STATUS.ok) throw new Error("no credit");
    payment.answered(status, standing, bytes);
    for (let slice = 0; slice < SLICES; slice++) {
      if (selling.roomOf(PEER) < SLICE_BYTES) throw new Error("the window is closed");
      selling.hand(PEER, request, SLICE_BYTES);
      payment.arrived(SLICE_BYTES);
      selling.settle(PEER, request, SLICE_BYTES, SLICE_BYTES, server.now);
    }
    payment.ended();
    buyer.turn(client.now);
    for (let i = 0; i < 4; i++) await Promise.resolve(); // the ledger's disk answers
    for (const sent of mail.splice(0)) {
      const message = decodeMessage(sent);
      if (isDrop(message) || message.type !== "RECEIPT") throw new Error("no receipt");
      seller.handleReceipt(PEER, message, server.now);
    }
    spentMs += threadMs() - start;
    // Receipts of one peer are bounded by time, so some has to pass; that is not measured.
    await client.world.advanceSettled(20);
    await server.world.advanceSettled(20);
  }
  if (server.account.receipted.bytes === 0n) throw new Error("nothing was signed");
  return spentMs;
}

/** What the client hashes before it believes a chunk. @returns ms of this thread. */
function prove(chunks: number): number {
  const chunk = new Uint8Array(CHUNK_BYTES_MAX).fill(7);
  const hashes = sliceHashesOf(chunk);
  const start = threadMs();
  for (let i = 0; i < chunks; i++) {
    for (let slice = 0; slice < 2 * SLICES; slice++) {
      const bytes = chunk.subarray(slice * SLICE_BYTES, (slice + 1) * SLICE_BYTES);
      if (!verifySlice(bytes, hashes, slice)) throw new Error("a slice does not prove");
    }
    sha1(chunk);
  }
  return threadMs() - start;
}

await account(CHUNKS);
transfer(sealed, CHUNKS);
prove(CHUNKS);
const samples: { perChunk: number[]; share: number[] } = { perChunk: [], share: [] };
for (let run = 0; run < RUNS; run++) {
  const ms = await account(CHUNKS);
  const { senderMs, receiverMs } = transfer(sealed, CHUNKS);
  samples.perChunk.push(1_000 * ms / CHUNKS);
  samples.share.push(ms / (senderMs + receiverMs + prove(CHUNKS)));
}
report("market.accounting_us_per_mib", "us", samples.perChunk);
report("market.accounting_cost", "ratio", samples.share);
if (CHUNK_BYTES_MAX !== 2 * SLICES * SLICE_BYTES) throw new Error("a chunk is two FETCHes here");
