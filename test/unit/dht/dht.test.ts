import { dhtConfig } from "../../../src/dht/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { type Message, WANT_IPV4, WANT_IPV6 } from "../../../src/wire/mod.ts";
import { type BusNode, DhtBus } from "../../support/dht_bus.ts";
import { mintIdentity } from "../../support/minted_identity.ts";
import { at, idFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const FIND: Message = {
  type: "FIND_NODE",
  requestId: 1,
  target: idFrom("01"),
  want: WANT_IPV4 | WANT_IPV6,
};

function pair() {
  const bus = new DhtBus({ seed: 1 });
  bus.grow(2);
  bus.run(1000);
  return { bus, a: bus.node(0), b: bus.node(1) };
}
function drain(node: BusNode) {
  const effects = [];
  for (let effect = node.dht.pollEffect(); effect !== undefined; effect = node.dht.pollEffect()) {
    effects.push(effect);
  }
  return effects;
}

test("a new Dht wants nothing and waits for nothing until it joins", () => {
  const bus = new DhtBus({ seed: 1 });
  const { dht } = bus.add();
  expect([dht.pollEffect(), dht.nextTimeout(), dht.contactCount]).toEqual([
    undefined,
    undefined,
    0,
  ]);
  dht.join([], [], at(0));
  expect(dht.pollEffect()).toEqual({ kind: "joined", contacts: 0 });
  expect(dht.nextTimeout()).toBeDefined();
});

test("handleTimeout() early or twice does nothing", () => {
  const { bus, a } = pair();
  const due = a.dht.nextTimeout();
  a.dht.handleTimeout(bus.now);
  a.dht.handleTimeout(bus.now);
  expect([drain(a), a.dht.nextTimeout()]).toEqual([[], due]);
});

test("a reply carries the very peer object of the question", () => {
  const { bus, a } = pair();
  const from = { ...peerFrom(9), connection: 42 };
  a.dht.handleInput({ kind: "message", from, message: FIND }, bus.now);
  const reply = drain(a).find(({ kind }) => kind === "reply");
  expect(reply?.kind === "reply" && reply.to === from).toBe(true);
});

test("an answer of another node, under another id or of another kind does not count", () => {
  const { bus, a, b } = pair();
  const lookup = a.dht.findNodes(idFrom("01"), bus.now);
  const sent = drain(a).find(({ kind }) => kind === "send");
  if (sent?.kind !== "send" || lookup === undefined) throw new Error("nothing was asked");
  const { requestId } = sent.message;
  const nodes: Message = { type: "NODES", requestId, contacts: [] };
  const peerB = { ...b.target, idNonce: b.identity.idNonce, rank: 0 };
  const give = (from: typeof peerB, message: Message) =>
    a.dht.handleInput({ kind: "message", from, message }, bus.now);
  give(peerFrom(66), nodes);
  give(peerB, { ...nodes, requestId: (requestId + 1) >>> 0 });
  expect(a.dht.stats().repliesUnexpected).toBe(2);
  expect(a.dht.stats().lookupsActive).toBe(1);
  give(peerB, {
    type: "PONG",
    requestId,
    seq: 1,
    recordSeq: 0,
    load: 0,
    observed: new Uint8Array(6),
  });
  expect(drain(a).find(({ kind }) => kind === "lookup_finished"))
    .toMatchObject({ outcome: { reason: "exhausted", answered: 0 } });
});

test("ERROR ends a question at once", () => {
  const { bus, a, b } = pair();
  b.tamper = (message) =>
    message.type === "NODES" ? { type: "ERROR", requestId: message.requestId, code: 1 } : message;
  const start = bus.now;
  const id = a.dht.findNodes(idFrom("01"), bus.now) as number;
  a.turn();
  bus.runUntil(() => a.outcomes.has(id), 5000);
  expect(a.outcomes.get(id)).toMatchObject({ answered: 0 });
  expect(bus.now - start).toBeLessThan(100);
  expect(a.dht.contactCount).toBe(1); // it is alive, after all
});

test("unreachable fails what the node was asked, without waiting", () => {
  const { bus, a, b } = pair();
  const id = a.dht.findNodes(idFrom("01"), bus.now);
  a.dht.handleInput({ kind: "unreachable", publicKey: b.identity.publicKey }, bus.now);
  const end = drain(a).find((effect) =>
    effect.kind === "lookup_finished" && effect.lookupId === id
  );
  expect(end).toMatchObject({ outcome: { reason: "exhausted", answered: 0 } });
});

test("the address that others see us at is reported", () => {
  const { bus, a, b } = pair();
  bus.run(10_000);
  const seen = a.effects.find(({ kind }) => kind === "address_observed");
  expect(seen).toEqual({
    kind: "address_observed",
    address: a.address,
    by: b.identity.publicKey,
  });
});

test("a node with a false claim of its own is cut off and not answered any more", () => {
  const { bus, a } = pair();
  const liar = bus.add();
  liar.shownNonce = liar.identity.idNonce + 1n;
  liar.join(a);
  bus.run(5000);
  expect(a.dht.isBanned(liar.identity.publicKey, bus.now)).toBe(true);
  expect(a.effects.filter(({ kind }) => kind === "peer_blamed"))
    .toMatchObject([{ reason: "false_claim", publicKey: liar.identity.publicKey }]);
  const peer = { ...liar.target, idNonce: liar.shownNonce, rank: 0 };
  a.dht.handleInput({ kind: "message", from: peer, message: FIND }, bus.now);
  expect(drain(a)).toEqual([]);
  expect(a.dht.contactCount).toBe(1);
});

test("verified claims may be preloaded: then nothing is checked again", () => {
  const { bus, b } = pair();
  const node = bus.add();
  node.dht.handleInput({ kind: "work_verified", ...b.identity }, bus.now);
  node.join(b);
  bus.run(2000);
  const checked = node.effects.flatMap((effect) =>
    effect.kind === "verify_work" ? [toHex(effect.publicKey)] : []
  );
  expect(node.dht.contactCount).toBe(2);
  expect(checked).not.toContain(toHex(b.identity.publicKey));
});

test("on main, contacts at private addresses are neither asked nor kept", () => {
  const { bus, a, b } = pair();
  const inside = mintIdentity(bus.random.split("inside"));
  b.tamper = (message) => {
    if (message.type !== "NODES") return message;
    const { publicKey, idNonce } = inside;
    const address = { ip: "192.168.7.7", port: 4001 };
    return { ...message, contacts: [{ publicKey, idNonce, idPrefix: 0, address }] };
  };
  const id = a.dht.findNodes(idFrom("01"), bus.now) as number;
  a.turn();
  bus.runUntil(() => a.outcomes.has(id), 5000);
  expect(a.outcomes.get(id)?.asked).toBe(1);
});

test("stats() tells sizes and counters", () => {
  const { a } = pair();
  expect(a.dht.stats()).toMatchObject({
    contacts: 1,
    networkSize: 2,
    peersBlamed: 0,
    requestsInFlight: 0,
    lookupsActive: 0,
  });
  expect(a.dht.rttMs(a.dht.contacts()[0]?.publicKey ?? new Uint8Array(32))).toBeGreaterThan(5);
});

test("load is told within a byte", () => {
  const { a } = pair();
  for (const [load, told] of [[-3, 0], [12.4, 12], [999, 255]] as const) {
    a.dht.setLoad(load);
    const ping: Message = { type: "PING", requestId: 1, seq: 1 };
    a.dht.handleInput({ kind: "message", from: peerFrom(9), message: ping }, at(5000));
    const reply = drain(a).find(({ kind }) => kind === "reply");
    expect(reply).toMatchObject({ message: { type: "PONG", load: told } });
  }
});

test("the config of a Dht is main's unless told", () => {
  const bus = new DhtBus({ seed: 1, config: dhtConfig(true) });
  const local = [
    bus.add({ ip: "127.0.0.1", port: 4001 }),
    bus.add({ ip: "127.0.0.1", port: 4002 }),
  ];
  local[1]?.join(bus.node(0));
  bus.run(2000);
  expect(local.map((node) => node.dht.contactCount)).toEqual([1, 1]);
});

test("a question from an unproven address is answered, and its asker known once it is", () => {
  const { bus, a } = pair();
  const from = peerFrom(9);
  const ping: Message = { type: "PING", requestId: 1, seq: 1 };
  a.dht.handleInput({ kind: "message", from, message: ping, isUnproven: true }, bus.now);
  expect(drain(a).map(({ kind }) => kind)).toEqual(["reply"]); // nothing is sent to that address
  a.dht.handleInput({ kind: "asker_proven", from }, bus.now);
  const [sent] = drain(a);
  expect(sent).toMatchObject({ kind: "send", message: { type: "PING" } });
});
