import { asChunkId, SeededRandom } from "../../../../src/lib/mod.ts";
import { HostingClient } from "../../../../src/node/host/hosting_client.ts";
import { Offers } from "../../../../src/node/copies/offers.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { decodeMessage, type Message } from "../../../../src/wire/mod.ts";
import { HandClock } from "../../../support/fetch_fixture.ts";
import { expect, test } from "../../../support/harness.ts";

const PEER = 1 as ConnectionHandle;
const id = asChunkId(new Uint8Array(20).fill(1));

function setUp(isUp = true) {
  const clock = new HandClock();
  const sent: Message[] = [];
  const offers = new Offers();
  const client = new HostingClient({
    transport: {
      sendMessage: (_to, bytes) => sent.push(decodeMessage(bytes) as Message) > 0 && isUp,
    },
    offers,
    clock,
    random: new SeededRandom(1),
    wake: () => {},
  });
  const quoteReply = (from: ConnectionHandle) => {
    const requestId = (sent.at(-1) as { requestId: number }).requestId;
    const rest = { code: 0, quote: 9, price: 5n, ttl: 60, rank: 0 };
    const message = { type: "QUOTE_REPLY" as const, requestId, ...rest };
    return client.handlers.QUOTE_REPLY?.(from, message, clock.at);
  };
  const storeReply = () => {
    const requestId = (sent.at(-1) as { requestId: number }).requestId;
    const message = { type: "STORE_REPLY" as const, requestId, code: 0, price: 5n, until: 7 };
    return client.handlers.STORE_REPLY?.(PEER, message, clock.at);
  };
  return { clock, sent, offers, client, quoteReply, storeReply };
}

test("an answer counts once, from the node that was asked, and of the right kind", async () => {
  const { client, clock, quoteReply, storeReply } = setUp();
  const asking = client.quote(PEER, { id, bytes: 3, weeks: 1 });
  expect([quoteReply(2 as ConnectionHandle), storeReply()]).toEqual(["unexpected", "unexpected"]);
  expect(quoteReply(PEER)).toBeUndefined();
  expect(await asking).toMatchObject({ price: 5n, quote: 9 });
  expect([quoteReply(PEER), clock.armed]).toEqual(["unexpected", 0]);
});

test("the chunk is on offer for as long as its order is not answered", async () => {
  const { client, clock, offers, sent, storeReply } = setUp();
  const ordering = client.store(PEER, { id, quote: 9, price: 5n });
  expect(sent).toMatchObject([{ type: "STORE", quote: 9, price: 5n }]);
  expect(offers.take(PEER, id, 1, clock.at)).toBe(true);
  storeReply();
  expect(await ordering).toMatchObject({ until: 7 });
  expect(offers.take(PEER, id, 1, clock.at)).toBe(false);
});

test("silence, a closed connection, one that cannot be had and a stop are no answer", async () => {
  const { client, clock } = setUp();
  const ask = { id, bytes: 3, weeks: 1 };
  const silent = client.quote(PEER, ask);
  clock.advance(8_000);
  const closed = client.store(PEER, { id, quote: 9, price: 5n });
  client.handleClosed(2 as ConnectionHandle);
  client.handleClosed(PEER);
  const stopped = client.quote(PEER, ask);
  client.stop();
  expect(await client.quote(PEER, ask)).toBeUndefined(); // nor is anything asked after it
  const gone = setUp(false).client.quote(PEER, ask);
  const answers = await Promise.all([silent, closed, stopped, gone]);
  expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
  expect(clock.armed).toBe(0);
});
