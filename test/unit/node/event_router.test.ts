import { asPublicKey, type Instant } from "../../../src/lib/mod.ts";
import { EventRouter } from "../../../src/node/event_router.ts";
import type { MessageHandlers } from "../../../src/node/contract/message_handlers.ts";
import { FetchRequests } from "../../../src/node/fetch/fetch_requests.ts";
import { PeerTable } from "../../../src/node/peers/peer_table.ts";
import type { ConnectionHandle, TransportEvent } from "../../../src/transport/mod.ts";
import { encodeMessage, type Message } from "../../../src/wire/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { FakeTransport } from "../../support/fake_transport.ts";

const NOW = 1 as Instant;
const PEER = 3 as ConnectionHandle;
const publicKey = asPublicKey(new Uint8Array(32).fill(3));

function routed(events: readonly TransportEvent[], handlers: MessageHandlers = {}) {
  const transport = new FakeTransport();
  const queue = [...events];
  transport.pollEvent = () => queue.shift();
  const sent: Uint8Array[] = [];
  transport.sendMessage = ((_to: ConnectionHandle, bytes: Uint8Array) => {
    sent.push(bytes);
    return true;
  }) as never;
  const heard: string[] = [];
  const hear = (what: string) => (event: { kind: string }) =>
    void heard.push(`${what} ${event.kind}`);
  const peers = new PeerTable();
  const router = new EventRouter(transport, {
    peers,
    requests: new FetchRequests(transport),
    freeRequests: new FetchRequests(transport),
    holders: { handleEvent: hear("holders") } as never,
    uploads: { handleEvent: hear("uploads") } as never,
    dht: {
      handleMessage: (_from: unknown, message: Message, isUnproven: boolean) =>
        void heard.push(`dht ${message.type}${isUnproven ? " of somebody unproven" : ""}`),
      handleAskerProven: () => void heard.push("dht asker proven"),
      handleUnreachable: () => void heard.push("dht unreachable"),
    } as never,
    has: () => true,
    handlers,
    market: {
      handleEvent: hear("market"),
      desk: {
        handleReceipt: () => heard.push("market RECEIPT") > 0,
        handleAck: (_from, { requestId }) => requestId === 7,
      },
    },
    holdings: {
      handleReply: (_from, { requestId }) => requestId === 7,
      forget: (connection) => void heard.push(`holdings forget ${connection}`),
    },
  });
  router.turn(NOW);
  return { heard, peers, router, sent };
}

describe("EventRouter", () => {
  test("each event reaches whom it concerns, in order", () => {
    const work = { idNonce: 0n, rankNonce: 0n, rank: 0 };
    const address = { ip: "192.0.2.1", port: 1 };
    const ping = encodeMessage({ type: "PING", requestId: 1, seq: 1 });
    const { heard, peers } = routed([
      {
        kind: "connected",
        connection: PEER,
        publicKey,
        work,
        address,
        initiatedByUs: false,
        observedAddress: undefined,
        askedUnproven: true,
      },
      { kind: "message", connection: PEER, bytes: ping },
      { kind: "slices_wanted", connection: PEER },
      { kind: "connect_failed", connection: PEER, publicKey, address, reason: "timed_out" },
      { kind: "closed", connection: PEER, publicKey, reason: "idle", code: 0 },
    ]);
    expect(heard).toEqual([
      "market connected",
      "holders connected",
      "dht asker proven",
      "dht PING",
      "uploads slices_wanted",
      "dht unreachable",
      "holders connect_failed",
      "uploads closed",
      "holders closed",
      "holdings forget 3",
      "market closed",
    ]);
    expect(peers.size).toBe(0);
  });

  test("of what came in a handshake only reads are carried out, and announcing if proven", () => {
    const listing = { ttl: 60, kind: 4, recordFlags: 0, source: new Uint8Array() };
    const keys = [new Uint8Array(20)];
    const announce = encodeMessage({ type: "ANNOUNCE", requestId: 1, keys, ...listing });
    const ping = encodeMessage({ type: "PING", requestId: 1, seq: 1 });
    const pong = encodeMessage({
      type: "PONG",
      requestId: 1,
      seq: 1,
      recordSeq: 0,
      load: 0,
      observed: new Uint8Array(6),
    });
    const early = (bytes: Uint8Array, isAddressProven: boolean) =>
      ({ kind: "early_message", connection: PEER, bytes, isAddressProven }) as const;
    const { heard, router } = routed([
      early(ping, false),
      early(announce, false),
      early(pong, true),
      early(announce, true),
    ]);
    expect(heard).toEqual(["dht PING of somebody unproven", "dht ANNOUNCE"]);
    expect(router.drops).toEqual({ unexpected: 2 });
  });

  test("HAVE is answered from the store; junk is counted and answered by nothing", () => {
    const have = encodeMessage({ type: "HAVE", requestId: 9, ids: [new Uint8Array(20)] });
    const { heard, router, sent } = routed([
      { kind: "message", connection: PEER, bytes: have },
      { kind: "message", connection: PEER, bytes: new Uint8Array([0xc1]) },
      { kind: "message", connection: PEER, bytes: new Uint8Array(5_000) },
    ]);
    expect(heard).toEqual([]);
    expect(sent.length).toBe(1);
    expect(router.drops).toEqual({ bad_message: 1, too_large: 1 });
  });

  test("HAVE_REPLY goes to who asked; one that nobody asked for is counted", () => {
    const reply = (requestId: number) => ({
      kind: "message" as const,
      connection: PEER,
      bytes: encodeMessage({
        type: "HAVE_REPLY",
        requestId,
        held: new Uint8Array(1),
        prices: new Uint8Array(1),
        queueMs: 0,
      }),
    });
    const { heard, router } = routed([reply(7), reply(8)]);
    expect(heard).toEqual([]);
    expect(router.drops).toEqual({ unexpected: 1 });
  });

  test("a peer that asks and asks is answered a bounded number of times", () => {
    const bytes = encodeMessage({ type: "HAVE", requestId: 9, ids: [new Uint8Array(20)] });
    const asked = Array.from({ length: 100 }, () => ({
      kind: "message" as const,
      connection: PEER,
      bytes,
    }));
    const { router, sent } = routed(asked);
    router.turn(NOW);
    expect([sent.length, router.drops]).toEqual([80, { limit: 20 }]);
  });

  test("what one peer sends is handled in parts, and the loop has its turn in between", () => {
    const ping = encodeMessage({ type: "PING", requestId: 1, seq: 1 });
    const { heard, router } = routed(
      Array(150).fill({ kind: "message", connection: PEER, bytes: ping }),
    );
    const turns = [[heard.length, router.nextTimeout()]];
    for (let i = 0; i < 2; i++) {
      router.turn(NOW);
      turns.push([heard.length, router.nextTimeout()]);
    }
    expect(turns).toEqual([[64, NOW], [128, NOW], [150, undefined]]);
  });

  test("a message goes to the handler of its type, which may say why it is dropped", () => {
    const taken: number[] = [];
    const handlers: MessageHandlers = {
      PING: (_from, { requestId }) => {
        taken.push(requestId);
        return requestId === 2 ? "limit" : undefined;
      },
    };
    const events = [1, 2].map((requestId): TransportEvent => {
      const bytes = encodeMessage({ type: "PING", requestId, seq: 1 });
      return { kind: "message", connection: PEER, bytes };
    });
    const { heard, router } = routed(events, handlers);
    expect([taken, heard, router.drops]).toEqual([[1, 2], [], { limit: 1 }]);
  });
});
