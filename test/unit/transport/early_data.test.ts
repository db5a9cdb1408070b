/** 0-RTT as two endpoints see it: questions in INIT, answers in RESP (protocol.md §1). */
import { randomBelow, utf8 } from "../../../src/lib/mod.ts";
import {
  CONNECTION_DEFAULTS,
  type ConnectionHandle,
  type TransportEvent,
} from "../../../src/transport/mod.ts";
import type { Earliness } from "../../../src/wire/mod.ts";
import { type EndpointNode, EndpointWorld } from "../../support/endpoint_world.ts";
import { present } from "../../support/handshake.ts";
import { expect, test } from "../../support/harness.ts";

const A = "203.0.113.1", B = "203.0.113.2";
const IDLE_MS = CONNECTION_DEFAULTS.idleTimeoutMs;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Makes `node` answer every question with "re: …", early ones too. @returns what it was asked. */
function answering(node: EndpointNode, answer = (asked: string) => utf8(`re: ${asked}`)): string[] {
  const asked: string[] = [];
  node.onEvent = (event: TransportEvent) => {
    if (event.kind !== "early_message" && event.kind !== "message") return;
    const how = event.kind === "message" ? "" : event.isAddressProven ? "proven " : "early ";
    if (text(event.bytes).startsWith("re: ")) return;
    asked.push(how + text(event.bytes));
    node.endpoint.sendMessage(event.connection, answer(text(event.bytes)), node.now);
  };
  return asked;
}

function rig(seed: number) {
  const world = new EndpointWorld(seed);
  const a = world.node(A), b = world.node(B);
  const asked = answering(b);
  /** Dials and asks in the same turn. */
  const ask = (question: string, earliness: Earliness = "always"): ConnectionHandle => {
    const target = { publicKey: b.publicKey, address: b.address };
    const handle = a.endpoint.connect(target, a.now);
    a.endpoint.sendMessage(handle, utf8(question), a.now, earliness);
    a.drive();
    return handle;
  };
  /** Ends a session in good order. */
  const hangUp = (handle: ConnectionHandle) => {
    a.endpoint.close(handle, 0, a.now);
    a.drive();
    world.run(10_000);
  };
  /** Datagrams since the last call. */
  const datagrams = () =>
    world.sent.splice(0).map(({ from }) => from.ip === A ? "a" : "b").join("");
  return { world, a, b, asked, ask, hangUp, datagrams };
}

test("a read is answered in one round trip; a stranger then proves its address", () => {
  const { world, a, b, asked, ask, datagrams } = rig(1);
  ask("who?");
  world.run(41);
  expect([asked, a.messages]).toEqual([["early who?"], ["re: who?"]]);
  expect(a.events.map(({ kind }) => kind)).toEqual(["connected", "message"]);
  world.run(2_000);
  expect(datagrams()).toBe("abab"); // INIT, RESP, PING, ACK
  expect(b.ofKind("connected")[0]?.askedUnproven).toBe(true);
  expect(asked).toEqual(["early who?"]); // was not asked again
});

test("who has a token asks with one datagram and is answered with one, and that is all", () => {
  const { world, a, b, asked, ask, hangUp, datagrams } = rig(2);
  const first = ask("first");
  world.run(1_000);
  hangUp(first);
  world.run(IDLE_MS); // so that the two are not among those that meet often
  datagrams();
  ask("second");
  world.run(100_000);
  expect(datagrams()).toBe("ab");
  expect([asked, a.messages]).toEqual([["early first", "proven second"], [
    "re: first",
    "re: second",
  ]]);
  expect(b.ofKind("connected").length).toBe(1); // the first one
  expect(a.ofKind("closed").map(({ reason }) => reason)).toEqual(["local", "idle"]);
  for (const { endpoint } of [a, b]) {
    expect([endpoint.stats()["sessions"], endpoint.stats()["half_open"]]).toEqual([0, 0]);
    expect(endpoint.nextTimeout()).toBeUndefined();
  }
});

test("an early session is kept by a PING if the one before would have served now", () => {
  const { world, a, b, ask, hangUp, datagrams } = rig(12);
  const first = ask("for a token");
  world.run(1_000);
  hangUp(first);
  const talkOf = (question: string): string => {
    datagrams();
    ask(question);
    world.run(20_000);
    return datagrams();
  };
  world.run(IDLE_MS);
  expect([talkOf("long ago"), b.endpoint.stats()["sessions"]]).toEqual(["ab", 0]);
  world.run(200_000);
  expect([talkOf("again"), b.endpoint.stats()["sessions"]]).toEqual(["abab", 1]); // PING, ACK
  for (let i = 0; i < 3; i++) {
    world.run(200_000);
    datagrams();
    ask(`question ${i}`);
    world.run(1_000);
    expect(datagrams()).toBe("aba"); // question, answer, ACK: no handshake
  }
  expect(a.endpoint.stats()["handshakes_begun"]).toBe(3);
});

test("whose INIT we answered we have met, and keep when we dial it ourselves", () => {
  const { world, a, b, ask, hangUp, datagrams } = rig(13);
  const first = ask("for a token");
  world.run(1_000);
  hangUp(first);
  world.run(IDLE_MS);
  const read = ask("read");
  answering(a);
  world.run(30_000);
  expect(a.endpoint.info(read)).toBeUndefined();
  datagrams();
  const back = b.endpoint.connect({ publicKey: a.publicKey, address: a.address }, b.now);
  b.endpoint.sendMessage(back, utf8("and you?"), b.now, "always");
  b.drive();
  world.run(20_000);
  expect(a.endpoint.stats()["sessions"]).toBe(1);
});

test("a session that was answered early is taken up as long as the responder holds it", () => {
  for (const laterMs of [10, 3_000, 7_900]) {
    const { world, a, b, ask, hangUp, datagrams } = rig(3);
    const first = ask("for a token");
    world.run(1_000);
    hangUp(first);
    a.events.length = 0;
    const handle = ask("read");
    world.run(laterMs);
    datagrams();
    expect(a.send(handle, utf8("write"))).toBe(true);
    world.run(1_000);
    expect(b.messages).toEqual(["write"]);
    expect(b.ofKind("connected").at(-1)?.askedUnproven).toBe(false);
    expect(a.messages).toEqual(["re: read", "re: write"]);
    expect(a.ofKind("connected").length).toBe(1);
  }
});

test("only what may rides in an INIT; the rest follows in order when the session is up", () => {
  const { world, a, asked, ask, hangUp } = rig(4);
  const handle = ask("store this", "never");
  a.send(handle, utf8("and this"));
  a.endpoint.sendMessage(handle, utf8("I have it"), a.now, "proven"); // there is no token yet
  a.drive();
  world.run(200);
  expect(asked).toEqual(["store this", "and this", "I have it"]);
  hangUp(handle);
  asked.length = 0;
  ask("I have it still", "proven");
  world.run(200);
  expect(asked).toEqual(["proven I have it still"]);
});

test("an answer that does not fit the RESP is asked for again in the session, once", () => {
  const world = new EndpointWorld(5);
  const a = world.node(A), b = world.node(B);
  const asked = answering(b, () => new Uint8Array(1_075).fill(120));
  const handle = a.endpoint.connect({ publicKey: b.publicKey, address: b.address }, a.now);
  a.endpoint.sendMessage(handle, utf8("long?"), a.now, "always");
  a.drive();
  world.run(1_000);
  expect(asked).toEqual(["early long?", "long?"]);
  expect(a.messages.map(({ length }) => length)).toEqual([1_075]);
});

test("lost INITs and RESPs are asked again, and the asker hears one answer", () => {
  for (let seed = 0; seed < 40; seed++) {
    const world = new EndpointWorld(seed, {
      delay: { kind: "uniform", minMs: 5, maxMs: 80 },
      loss: { kind: "bernoulli", ratio: 0.3 },
      duplicateRatio: 0.2,
    });
    const a = world.node(A), b = world.node(B);
    answering(b);
    const handle = a.endpoint.connect({ publicKey: b.publicKey, address: b.address }, a.now);
    a.endpoint.sendMessage(handle, utf8("who?"), a.now, "always");
    a.drive();
    world.runUntil(() => a.messages.length > 0);
    world.run(3_000);
    expect(a.messages).toEqual(["re: who?"]);
  }
});

test("a replayed INIT is executed never again, and brings one COOKIE at most", () => {
  const { world, b, asked, ask } = rig(6);
  ask("who?");
  const init = present(world.sent[0]).bytes;
  b.inject(init, { ip: A, port: 4001 }); // overtakes the original
  world.run(500);
  expect(asked).toEqual(["early who?"]);
  for (const [laterMs, mostBytes] of [[0, 0], [60_000, 0], [700_000, 62]] as const) {
    world.run(laterMs);
    const before = world.sent.length;
    for (let i = 0; i < 3; i++) b.inject(init, { ip: "198.51.100.66", port: 9 });
    world.run(500);
    const toAttacker = world.sent.slice(before).filter(({ to }) => to.ip === "198.51.100.66");
    for (const { bytes } of toAttacker) expect(bytes.length).toBeLessThanOrEqual(mostBytes);
    expect(asked).toEqual(["early who?"]);
  }
});

test("questions of two that dial each other at once are answered, each once", () => {
  const world = new EndpointWorld(7);
  const a = world.node(A), b = world.node(B);
  const [askedA, askedB] = [answering(a), answering(b)];
  for (const [from, to] of [[a, b], [b, a]] as const) {
    const handle = from.endpoint.connect(
      { publicKey: to.publicKey, address: to.address },
      from.now,
    );
    from.endpoint.sendMessage(handle, utf8("who?"), from.now, "always");
    from.drive();
  }
  world.run(3_000);
  const answers = (node: EndpointNode) => node.messages.filter((message) => message === "re: who?");
  expect([answers(a).length, answers(b).length]).toEqual([1, 1]);
  expect([...askedA, ...askedB].filter((asked) => asked.endsWith("who?")).length).toBeLessThan(5);
});

test("a session that its beginner needs no further serves the other one's questions", () => {
  const { world, a, b, ask, hangUp, datagrams } = rig(8);
  const first = ask("for a token");
  world.run(1_000);
  hangUp(first);
  ask("read");
  world.run(3_000);
  datagrams();
  const back = b.endpoint.connect({ publicKey: a.publicKey, address: a.address }, b.now);
  b.endpoint.sendMessage(back, utf8("and you?"), b.now, "always");
  b.drive();
  world.run(21);
  expect(a.messages.at(-1)).toBe("and you?");
  expect(datagrams()[0]).toBe("b");
  expect(b.endpoint.stats()["handshakes_begun"]).toBe(0);
  expect(b.ofKind("connected").at(-1)).toMatchObject({ connection: back, initiatedByUs: false });
  world.run(1_000);
  expect(present(b.endpoint.info(back)).smoothedRttMs).toBeLessThan(60); // not the three seconds
});

test("law: whoever asks whom and when, each question is answered, and nothing stays", () => {
  for (let seed = 0; seed < 80; seed++) {
    const world = new EndpointWorld(seed, { delay: { kind: "uniform", minMs: 5, maxMs: 40 } });
    const a = world.node(A), b = world.node(B);
    answering(a);
    answering(b);
    let asked = 0;
    const ask = (from: EndpointNode, to: EndpointNode, earliness: Earliness) => {
      const target = { publicKey: to.publicKey, address: to.address };
      const handle = from.endpoint.connect(target, from.now);
      from.endpoint.sendMessage(handle, utf8(`question ${asked++}`), from.now, earliness);
      from.drive();
    };
    ask(a, b, "always");
    world.run(310_000);
    ask(b, a, "always"); // both have tokens now
    world.run(310_000);
    for (let i = 0; i < 12; i++) {
      const [from, to] = randomBelow(world.random, 2) === 0 ? [a, b] : [b, a];
      ask(from, to, randomBelow(world.random, 3) === 0 ? "never" : "always");
      world.run([0, 10, 50, 900, 4_000, 7_500, 9_500][randomBelow(world.random, 7)] ?? 0);
    }
    world.run(5_000);
    const answers = [...a.messages, ...b.messages].filter((message) => message.startsWith("re: "));
    expect([seed, new Set(answers).size]).toEqual([seed, asked]);
    world.run(IDLE_MS + 90_000);
    for (const { endpoint } of [a, b]) expect(endpoint.stats()["sessions"]).toBe(0);
  }
});
