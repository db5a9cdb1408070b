import type { Instant } from "../../../../src/lib/mod.ts";
import { OfferTill } from "../../../../src/node/copies/offer_till.ts";
import { Offers } from "../../../../src/node/copies/offers.ts";
import { NO_TILL, type Till } from "../../../../src/node/trade/selling.ts";
import { type ConnectionHandle, FETCH_STATUS, NO_STANDING } from "../../../../src/transport/mod.ts";
import { expect, test } from "../../../support/harness.ts";

const NOW = 5 as Instant;
const PEER = 1 as ConnectionHandle;
const id = new Uint8Array(20).fill(7);
const OTHER_ID = new Uint8Array(20).fill(8);

/** A till behind it that gives nobody credit and takes note of what it hears. */
function setUp() {
  const heard: string[] = [];
  const note = (what: string) => () => void heard.push(what);
  const behind: Till = {
    ...NO_TILL,
    open: () => ({ status: FETCH_STATUS.credit, standing: NO_STANDING }),
    roomOf: () => 0,
    hand: () => false,
    settle: note("settle"),
    release: note("release"),
    cancel: note("cancel"),
    drop: note("drop"),
  };
  const offers = new Offers();
  const till = new OfferTill(offers, behind);
  const open = (requestId: number, wanted = id, bytes = 1000, maxPrice = 255) =>
    till.open({ connection: PEER, requestId, id: wanted, bytes, maxPrice }, NOW).status;
  return { heard, offers, till, open };
}

test("what was offered is handed over without credit, and nothing of it is counted", () => {
  const { heard, offers, till, open } = setUp();
  expect(open(1)).toBe(FETCH_STATUS.credit);
  offers.open(PEER, id, NOW);
  expect([open(2), open(3, OTHER_ID)]).toEqual([FETCH_STATUS.ok, FETCH_STATUS.credit]);
  expect([till.roomOf(PEER), till.hand(PEER, 2, 600), till.hand(PEER, 3, 600)])
    .toEqual([Infinity, true, false]);
  till.settle(PEER, 2, 600, 600, NOW);
  expect(heard).toEqual([]);
  till.release(PEER, 2, 400, NOW);
  expect([heard, till.roomOf(PEER)]).toEqual([[], 0]); // done: the till behind is asked again
  till.settle(PEER, 2, 1, 1, NOW);
  expect(heard).toEqual(["settle"]);
});

test("a FETCH that is called off is handed nothing more", () => {
  const { heard, offers, till, open } = setUp();
  offers.open(PEER, id, NOW);
  open(2);
  till.cancel(PEER, 2, NOW);
  expect([till.hand(PEER, 2, 600), heard]).toEqual([false, []]);
  till.cancel(PEER, 3, NOW);
  open(4);
  till.drop(PEER, NOW);
  expect([till.hand(PEER, 4, 600), heard]).toEqual([false, ["cancel", "drop"]]);
});

test("who pulls what nobody has offered it is refused, and not sold what it does not count", () => {
  const sold: number[] = [];
  const behind: Till = {
    ...NO_TILL,
    open: ({ bytes }) => {
      sold.push(bytes);
      return { status: FETCH_STATUS.ok, standing: NO_STANDING };
    },
  };
  const ask = { connection: PEER, requestId: 1, id, bytes: 1000 };
  const till = new OfferTill(new Offers(), behind);
  expect(till.open({ ...ask, maxPrice: 255 }, NOW).status).toBe(FETCH_STATUS.credit);
  expect([till.open({ ...ask, maxPrice: 3 }, NOW).status, sold]).toEqual([FETCH_STATUS.ok, [1000]]);
});

test("who buys what it was offered is sold it", () => {
  const { offers, open } = setUp();
  offers.open(PEER, id, NOW);
  expect([open(2, id, 1000, 160), open(3)]).toEqual([FETCH_STATUS.credit, FETCH_STATUS.ok]);
});

test("a question for the length is nobody's gift", () => {
  const { offers, open } = setUp();
  offers.open(PEER, id, NOW);
  expect(open(2, id, 0)).toBe(FETCH_STATUS.credit);
});
