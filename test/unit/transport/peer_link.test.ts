import { type Instant, utf8 } from "../../../src/lib/mod.ts";
import { TRAIN_BYTES_MAX, TRAIN_PACKETS_MAX } from "../../../src/transport/peer_link.ts";
import { EndpointWorld } from "../../support/endpoint_world.ts";
import { present } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const A = "203.0.113.1", B = "203.0.113.2";

/** Two nodes with a session, and B's handle for it. */
function pair(seed: number) {
  const world = new EndpointWorld(seed);
  const a = world.node(A), b = world.node(B);
  const handle = a.connect(b);
  world.run(500);
  return { world, a, b, handle, atB: present(b.ofKind("connected")[0]).connection };
}

test("a train is of equal packets, the last perhaps shorter, within both bounds", () => {
  const { a, b, handle, world } = pair(1);
  const slice = new Uint8Array(65_536);
  a.onEvent = (event) => {
    if (event.kind !== "fetch_requested") return;
    const info = { status: 0, chunkLength: 16 * slice.length, queueMs: 0 } as const;
    a.endpoint.fetchInfo(event.connection, event.requestId, info, a.now);
    for (let i = 0; i < 16; i++) {
      a.endpoint.provideSlice(event.connection, event.requestId, i, slice, a.now);
    }
  };
  const into = new Uint8Array(16 * slice.length);
  const { connection } = present(b.ofKind("connected")[0]);
  b.endpoint.startFetch(
    connection,
    { id: new Uint8Array(20), bitmap: 0xffff, maxPrice: 0, into },
    b.now,
  );
  b.drive();
  const trains: number[] = [];
  const original = a.endpoint.pollTransmit.bind(a.endpoint);
  a.endpoint.pollTransmit = (now: Instant, out: Uint8Array) => {
    const train = original(now, out);
    if (train !== undefined) {
      const packets = Math.ceil(train.bytes / train.segmentBytes);
      expect(packets).toBeLessThanOrEqual(TRAIN_PACKETS_MAX);
      expect(train.bytes).toBeLessThanOrEqual(TRAIN_BYTES_MAX);
      trains.push(packets);
    }
    return train;
  };
  world.runUntil(() => b.ofKind("slice_received").length === 16);
  expect(Math.max(...trains)).toBeGreaterThan(8);
  expect(handle).toBeDefined();
});

test("a peer whose address changes is followed once it has echoed a challenge there", () => {
  const { world, a, b, handle, atB } = pair(2);
  a.moveTo("203.0.113.99");
  a.send(handle, utf8("from elsewhere"));
  world.run(21);
  expect(b.messages).toEqual(["from elsewhere"]);
  const before = present(b.endpoint.info(atB)).address;
  expect(before.ip).toBe(A); // not yet: it may have been repeated by somebody
  world.run(100);
  expect(present(b.endpoint.info(atB)).address).toEqual(a.address);
  b.send(atB, utf8("there you are"));
  world.run(100);
  expect(a.messages).toEqual(["there you are"]);
  expect([a, b].map((node) => node.ofKind("closed").length)).toEqual([0, 0]);
});

test("an attacker who wins the race with a copied packet gets a challenge or two, no more", () => {
  const { world, a, b, handle, atB } = pair(3);
  const attacker = { ip: "198.51.100.66", port: 9 };
  const sentBefore = world.sent.length;
  a.send(handle, utf8("hello"));
  const packet = present(world.sent[sentBefore]).bytes;
  b.inject(packet, attacker); // before the original arrives
  world.run(10_000);
  const toAttacker = world.sent.filter(({ to }) => to.ip === attacker.ip);
  const bytes = toAttacker.reduce((sum, datagram) => sum + datagram.bytes.length, 0);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(3 * packet.length);
  expect(present(b.endpoint.info(atB)).address).toEqual(a.address);
  b.send(atB, utf8("still you"));
  world.run(100);
  expect([a.messages, b.messages]).toEqual([["still you"], ["hello"]]);
});

test("an attacker who forwards the challenge gains nothing: the echo is sent from home", () => {
  const { world, a, b, handle, atB } = pair(4);
  const attacker = { ip: "198.51.100.66", port: 9 };
  const sentBefore = world.sent.length;
  a.send(handle, utf8("hello"));
  b.inject(present(world.sent[sentBefore]).bytes, attacker);
  for (const { bytes } of world.sent.filter(({ to }) => to.ip === attacker.ip)) {
    a.inject(bytes, b.address);
  }
  world.run(5000);
  expect(present(b.endpoint.info(atB)).address).toEqual(a.address);
});
