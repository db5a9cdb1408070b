import { add, AMOUNT_MAX, FreePool, RESERVATION_MS, Sales } from "../../../../src/market/mod.ts";
import { NO_TILL, Selling, type TillAsk } from "../../../../src/node/trade/selling.ts";
import { FETCH_STATUS, SERVICE_TIER } from "../../../../src/transport/mod.ts";
import { type NodeId, prefixOf } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { at, MIB } from "../../../support/market_parts.ts";
import { idAt, PEER, TradeParts } from "../../../support/trade_parts.ts";

const SLICE = 65_536;
const NETWORK = prefixOf(new TradeParts().peerIp);

function setUp({ rank = 1, hasLimits = true, uplink = 0, priceFloor = 0 } = {}) {
  const parts = new TradeParts();
  parts.rank = rank;
  const pool = new FreePool(uplink);
  const [told, taken]: [string[], string[]] = [[], []];
  const selling = new Selling({
    sales: new Sales(pool, hasLimits),
    keeper: parts.keeper,
    standings: parts.standings,
    transport: parts.transport,
    nodeId: new Uint8Array(20) as NodeId,
    clock: parts.clock,
    hasLimits,
    priceFloor,
    isCounted: () => true,
    admission: parts.admission,
    appraisal: {
      asked: (id, { ip }) => void told.push(`asked ${id[0]} ${ip}`),
      sold: (id, bytes, factor) => void told.push(`sold ${id[0]} ${bytes} at ${factor}`),
    },
    offer: { noteTaken: (payer, bytes) => void taken.push(`${payer} ${bytes}`) },
  });
  let requestId = 0;
  const open = (changes: Partial<TillAsk> = {}) => {
    const ask = { connection: PEER, requestId: ++requestId, id: idAt(1), bytes: MIB, maxPrice: 16 };
    return selling.open({ ...ask, ...changes }, parts.now);
  };
  /** The peer has served us so much. */
  const repay = (bytes: number) => {
    add(parts.account.state.bought, BigInt(bytes), BigInt(bytes));
    parts.account.state.repaidCb += BigInt(bytes);
  };
  return { ...{ parts, pool, selling, open, repay, told, taken } };
}

test("FETCH_INFO tells the factor of the formula, the balance and the line", () => {
  const { open, repay } = setUp();
  repay(MIB);
  expect(open({ bytes: SLICE })).toEqual({
    status: FETCH_STATUS.ok,
    standing: { factor: 1, balance: 1024n - BigInt(MIB), line: 3n * BigInt(MIB) },
    payer: NETWORK,
  });
  expect(open({ id: idAt(0), bytes: 1 }).standing.factor).toBe(0);
  expect(setUp({ priceFloor: 7 }).open().standing.factor).toBe(7);
});

test("what comes out of the free pool is told to be nobody's pay", () => {
  const { open, repay } = setUp({ uplink: 2 ** 30 });
  expect(open({ bytes: SLICE }).payer).toBeUndefined();
  repay(MIB);
  expect(open({ bytes: SLICE }).payer).toBe(NETWORK);
  expect(setUp({ hasLimits: false }).open().payer).toBe(NETWORK); // nobody is refused
});

test("credit_limit_reached comes exactly at the limit, before anything is handed over", () => {
  const { parts, open, repay } = setUp();
  repay(MIB); // line 3 MiB, balance −1 MiB
  for (let i = 0; i < 3; i++) expect(open().status).toBe(FETCH_STATUS.ok);
  const room = 4 * MIB - 3 * (MIB + 1024) - 1024;
  expect(open({ bytes: room + 1 }).status).toBe(FETCH_STATUS.credit);
  expect(open({ bytes: room }).status).toBe(FETCH_STATUS.ok);
  const { balance, reserved } = parts.account;
  expect(balance.cb + reserved.cb).toBe(parts.account.lineAt(parts.clock.unixMs()));
  expect(open({ bytes: 0, id: idAt(0) }).status).toBe(FETCH_STATUS.credit); // not even a fee
});

test("the window is that of serving, by proven rank and path, also after a restart", () => {
  const { parts, selling } = setUp({ rank: 12 });
  expect([parts.account.rank, selling.windowOf(PEER)]).toEqual([0, 8n * BigInt(MIB)]);
  const info = { ...(parts.transport.info() as object), smoothedRttMs: 100 };
  parts.transport.info = () => ({ ...info, bandwidthBytesPerSecond: 60 * MIB }) as never;
  expect(selling.windowOf(PEER)).toBe(12n * BigInt(MIB)); // 2 BDP, and half of the line
  expect(setUp({ rank: 0 }).selling.windowOf(PEER)).toBe(2n ** 18n);
  expect(setUp({ hasLimits: false }).selling.windowOf(PEER)).toBe(AMOUNT_MAX);
});

test("a price above what the asker agrees to is refused, and told", () => {
  const { open, repay } = setUp();
  repay(MIB);
  const answer = open({ id: idAt(17), maxPrice: 16 });
  expect([answer.status, answer.standing.factor]).toEqual([FETCH_STATUS.credit, 17]);
});

test("who pays is served before who draws from the pool", () => {
  const { parts, open, repay } = setUp({ uplink: 1e9 });
  open({ bytes: SLICE });
  expect(parts.tier).toBe(SERVICE_TIER.free);
  repay(8 * MIB);
  open({ bytes: SLICE });
  expect(parts.tier).toBe(SERVICE_TIER.paid);
});

test("a client that never signs costs the server one window", () => {
  const { selling, open } = setUp({ uplink: 1e9 });
  let sent = 0;
  for (let request = 1; request <= 8; request++) {
    open({ bytes: MIB, id: idAt(0) });
    while (selling.roomOf(PEER) > 0 && sent < request * MIB) {
      expect(selling.hand(PEER, request, SLICE)).toBe(true);
      selling.settle(PEER, request, SLICE, SLICE, 0 as never);
      sent += SLICE;
    }
  }
  expect(sent).toBe(MIB); // line 2 MiB: half of it
  expect(setUp({ hasLimits: false }).selling.roomOf(PEER)).toBe(Infinity);
});

test("who reserves and stalls loses the reservation after 30 s, and the pool has it back", () => {
  const { parts, pool, selling, open } = setUp({ rank: 0, uplink: 1e9 });
  for (let i = 0; i < 15; i++) expect(open({ id: idAt(0) }).status).toBe(FETCH_STATUS.ok);
  expect(open({ id: idAt(0) }).status).toBe(FETCH_STATUS.credit); // 16 MiB an address
  expect(selling.nextTimeout()).toBe(at(RESERVATION_MS));
  expect(selling.expired((RESERVATION_MS - 1) as never)).toBeUndefined();
  for (;;) {
    const expired = selling.expired(RESERVATION_MS as never);
    if (expired === undefined) break;
    selling.cancel(expired.connection, expired.requestId, RESERVATION_MS as never);
    expect(selling.hand(PEER, expired.requestId, SLICE)).toBe(false);
  }
  expect([pool.takenBytes(parts.now), parts.account.reserved.bytes]).toEqual([0, 0n]);
  expect(open({ id: idAt(0) }).status).toBe(FETCH_STATUS.ok);
});

test("one identity that lives on factor 0 has its line and no byte more", () => {
  const { parts, selling, open, repay } = setUp();
  repay(MIB / 8); // enough for 2 MiB on credit
  let served = 0;
  for (let request = 1; request <= 100; request++) {
    const { status } = open({ requestId: request, id: idAt(0), bytes: SLICE });
    if (status !== FETCH_STATUS.ok) {
      continue;
    }
    selling.hand(PEER, request, SLICE);
    selling.settle(PEER, request, SLICE, SLICE, parts.now);
    served += SLICE;
  }
  const line = Number(parts.account.lineAt(parts.clock.unixMs()));
  expect(served).toBeLessThanOrEqual(line + MIB / 8);
  expect(served).toBeGreaterThan(MIB);
});

test("what is acknowledged counts, though the FETCH was called off; what is gone does not", () => {
  const { parts, selling, open } = setUp({ hasLimits: false });
  open({ requestId: 1 });
  selling.hand(PEER, 1, SLICE);
  selling.hand(PEER, 1, SLICE);
  selling.hand(PEER, 1, SLICE);
  selling.settle(PEER, 1, SLICE, SLICE, parts.now);
  selling.cancel(PEER, 1, parts.now);
  selling.settle(PEER, 1, SLICE, 1_000, parts.now);
  selling.drop(PEER, parts.now);
  selling.settle(PEER, 1, SLICE, SLICE, parts.now);
  expect(parts.account.state.sold.bytes).toBe(66_536n);
  expect([parts.account.reserved.bytes, parts.account.handedBytes]).toEqual([0n, 0n]);
});

test("a request id that is used again is a new sale", () => {
  const { parts, selling, open } = setUp({ hasLimits: false });
  open({ requestId: 1 });
  selling.hand(PEER, 1, SLICE);
  open({ requestId: 1, bytes: SLICE });
  selling.release(PEER, 1, SLICE, parts.now);
  expect([parts.account.reserved.bytes, parts.account.handedBytes]).toEqual([0n, 0n]);
});

test("where nothing is counted everything is served", () => {
  const ask = { connection: PEER, requestId: 1, id: idAt(9), bytes: MIB, maxPrice: 0 };
  expect(NO_TILL.open(ask, 0 as never).status).toBe(FETCH_STATUS.ok);
  expect([NO_TILL.roomOf(PEER), NO_TILL.hand(PEER, 1, 1)]).toEqual([Infinity, true]);
});

test("a rank that is too low is refused with the one it takes, then with silence", () => {
  const { parts, open } = setUp();
  parts.refusal = { rank: 9, isNews: true };
  expect(open()).toEqual({
    status: FETCH_STATUS.rank,
    standing: { factor: 9, balance: 0n, line: 0n },
    isSilent: false,
  });
  parts.refusal = { rank: 9, isNews: false };
  expect(open().isSilent).toBe(true);
  expect(parts.keeper.ledger.size).toBe(0); // who is refused takes no account
});

test("who owes for its questions is heard, and passes for no payer with its bytes", () => {
  const { parts, open, told } = setUp({ uplink: 1e9 });
  open({ bytes: SLICE }); // of a stranger, out of the free pool
  open({ bytes: 0 });
  expect(told).toEqual([expect.stringMatching(/^asked /)]);
  expect(parts.tier).toBe(SERVICE_TIER.free);
});

test("what is paid for is told: bytes once acknowledged, and questions for nothing", () => {
  const { parts, selling, open, repay, told, taken } = setUp({ uplink: 1e9, rank: 0 });
  const serve = (requestId: number, acked: number) => {
    selling.hand(PEER, requestId, SLICE);
    selling.settle(PEER, requestId, SLICE, acked, parts.now);
  };
  open({ bytes: SLICE }); // of a stranger, out of the free pool
  serve(1, SLICE);
  open({ bytes: 0 });
  expect(told).toEqual([]);
  parts.rank = 1;
  repay(8 * MIB);
  open({ bytes: 3 * SLICE });
  serve(3, SLICE);
  serve(3, 0);
  serve(3, 100);
  open({ bytes: 0 });
  const id = idAt(1)[0];
  expect(told.slice(0, 2)).toEqual([`sold ${id} 65536 at 1`, `sold ${id} 100 at 1`]);
  expect(told.slice(2)).toEqual([expect.stringMatching(/^asked \d+ [0-9a-f.:]+$/)]);
  expect(taken).toEqual([`${NETWORK} 65536`, `${NETWORK} 100`]);
});
