import { AnswerText } from "../../../src/front/answer_text.ts";
import { ClientConnection } from "../../../src/front/client_connection.ts";
import type { ConnectionDoors } from "../../../src/front/connection_doors.ts";
import { NodeLink } from "../../../src/front/node_link.ts";
import type { KeptAnswer } from "../../../src/gateway/mod.ts";
import { type UnixMs, utf8 } from "../../../src/lib/mod.ts";
import type { StreamHandler } from "../../../src/ports/mod.ts";
import { answerOf, bodyOf, FakeStream, HTTP_LIMITS, settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";

const GET = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const WELCOME = "HTTP/1.1 204 No Content\r\n\r\n";

/** @param revive what it is told that is not at hand. */
function setUp(answer?: KeptAnswer, revive?: () => Promise<KeptAnswer | undefined>) {
  const client = new FakeStream();
  const links: FakeStream[] = [];
  const state = { now: 0, isDraining: false, isSlow: false, underWay: 0, sent: 0, answers: 0 };
  const learnt: [string, number][] = [];
  let isOver = false;
  const doors: ConnectionDoors = {
    limits: HTTP_LIMITS,
    text: new AnswerText(() => 0 as UnixMs, HTTP_LIMITS.idleTimeoutMs),
    now: () => state.now,
    isDraining: () => state.isDraining,
    clientOf: () => undefined,
    keyOf: ({ method, target }) => method === "GET" ? target : undefined,
    find: () => answer,
    revive: () => revive?.().then((its) => void (answer = its)),
    learn: (key, from) => void learnt.push([key, from]),
    openLink: (_socket, handler) => {
      const link = new FakeStream();
      links.push(link);
      const connect = (its: StreamHandler) => {
        link.handler = its;
        return Promise.resolve(link);
      };
      return new NodeLink(connect, utf8("intro "), handler);
    },
    watchReceiver: () => ({
      wrote: () => {},
      blocked: () => {},
      unblocked: () => {},
      isTooSlow: () => state.isSlow,
    }),
    begin: () => {
      state.underWay++;
      return () => void state.underWay--;
    },
    noteAnswer: () => void state.answers++,
    noteSent: (bytes) => void (state.sent += bytes),
    onOver: () => void (isOver = true),
  };
  const connection = new ClientConnection(client, doors);
  client.handler = connection;
  return { client, links, state, learnt, connection, isOver: () => isOver };
}

test("what can be answered from here is, in order, and the node hears nothing", () => {
  const { client, links, state } = setUp(answerOf(utf8("hi")));
  client.say(`${GET}${GET}${GET.slice(0, 10)}`.slice(0, 2 * GET.length));
  expect(client.taken().match(/\r\n\r\nhi/g)?.length).toBe(2);
  expect([links.length, state.answers, state.sent, state.underWay]).toEqual([0, 2, 4, 0]);
});

test("HTTP/1.0 is answered from here as well, once, and needs no Host", () => {
  const { client, links } = setUp(answerOf(utf8("hi")));
  client.say(`GET /a HTTP/1.0\r\n\r\n${GET}`);
  expect(client.taken()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n\r\nhi$/);
  expect([client.ends, links.length]).toEqual([["end"], 0]);
});

test("all else goes to the node as it came, then the next has its turn", async () => {
  const { client, links, learnt } = setUp();
  client.say(GET);
  client.say(GET.replace("/a", "/b")); // sent ahead: it waits
  await settle();
  expect(links[0]?.taken()).toBe(`intro ${GET}`);
  const local = "cache-control: public, max-age=31536000, immutable\r\nx-skerry-source: local";
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n${local}\r\n\r\nok`;
  links[0]?.say(`${WELCOME}${answer}`);
  expect(client.taken()).toBe(answer);
  expect(learnt).toEqual([["/a", 0]]);
  expect(links[0]?.taken()).toBe(GET.replace("/a", "/b"));
});

test("what may be at hand again in a moment is waited for, and else relayed", async () => {
  for (const its of [answerOf(utf8("hi")), undefined]) {
    const { client, links } = setUp(undefined, () => Promise.resolve(its));
    client.say(GET);
    client.say(GET.replace("/a", "/b")); // has to wait as well
    client.handler?.onEnd();
    expect([client.taken(), links.length]).toEqual(["", 0]);
    await settle();
    if (its !== undefined) {
      expect(client.taken().match(/\r\n\r\nhi/g)?.length).toBe(2);
      expect([client.ends, links.length]).toEqual([["end", "close"], 0]);
    } else expect(links[0]?.taken()).toBe(`intro ${GET}`);
  }
  const gone = setUp(undefined, () => Promise.resolve(undefined));
  gone.client.say(GET);
  gone.client.handler?.onClose(true);
  await settle();
  expect(gone.links.length).toBe(0);
});

test("an answer is learnt from its head, not when a slow client has all of it", async () => {
  const { client, links, learnt } = setUp();
  client.say(GET);
  await settle();
  const local = "cache-control: public, max-age=31536000, immutable\r\nx-skerry-source: local";
  links[0]?.say(`${WELCOME}HTTP/1.1 200 OK\r\ncontent-length: 9\r\n`);
  expect(learnt).toEqual([]);
  links[0]?.say(`${local}\r\n\r\n`);
  links[0]?.say("half");
  expect(learnt).toEqual([["/a", 0]]);
});

test("what is no plain head makes a tunnel of the connection, ends included", async () => {
  const { client, links } = setUp(answerOf(utf8("hi")));
  client.say("POST / HTTP/1.1\r\n");
  client.say(`anything\r\n\r\n${GET}`);
  client.handler?.onEnd();
  await settle();
  expect(links[0]?.taken()).toBe(`intro POST / HTTP/1.1\r\nanything\r\n\r\n${GET}`);
  expect(links[0]?.ends).toEqual(["end"]);
  links[0]?.say(`${WELCOME}HTTP/1.1 405 No\r\n\r\n`);
  links[0]?.handler?.onEnd();
  expect(client.taken()).toBe("HTTP/1.1 405 No\r\n\r\n");
  expect(client.ends).toEqual(["end", "close"]);
});

test("an answer that the node does not end is cut, whole as it may look", async () => {
  for (const how of ["end", "cut"]) {
    for (const isTunnel of [false, true]) {
      const { client, links } = setUp();
      client.say(isTunnel ? `POST${GET}` : GET);
      await settle();
      links[0]?.say(`${WELCOME}HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf`);
      if (how === "end") links[0]?.handler?.onEnd();
      else links[0]?.handler?.onClose(true);
      // In a tunnel nobody counts: the node cuts what it does not end.
      expect([how, isTunnel, client.ends]).toEqual([
        how,
        isTunnel,
        isTunnel && how === "end" ? ["end"] : ["cut"],
      ]);
    }
  }
});

test("a chunked answer makes a tunnel: nobody here knows where it ends", async () => {
  const { client, links } = setUp();
  client.say(`${GET}${GET}`);
  await settle();
  links[0]?.taken();
  links[0]?.say(
    `${WELCOME}HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  );
  expect(client.taken()).toContain("2\r\nok\r\n0\r\n\r\n");
  expect(links[0]?.taken()).toBe(GET);
});

test("a connection that the node closed for its rest just then is opened anew", async () => {
  const { client, links } = setUp();
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  client.say(GET);
  await settle();
  links[0]?.say(`${WELCOME}${answer}`);
  client.say(GET);
  links[0]?.handler?.onEnd();
  await settle();
  expect([links.length, links[1]?.taken()]).toEqual([2, `intro ${GET}`]);
  links[1]?.say(`${WELCOME}${answer}`);
  expect([client.taken(), client.ends]).toEqual([answer + answer, []]);
});

test("a body is read as its client takes it, and counted as under way meanwhile", async () => {
  const { client, state } = setUp(answerOf(bodyOf("abc", "def")));
  client.room = 0;
  client.say(GET);
  await settle();
  expect([state.underWay, state.answers, client.taken()]).toEqual([1, 1, ""]);
  client.drain(1_000);
  await settle();
  expect(client.taken()).toMatch(/\r\n\r\nabcdef$/);
  expect([state.underWay, state.sent, client.ends]).toEqual([0, 6, []]);
});

test("the head of a body that is read leaves with its first piece", async () => {
  const { client } = setUp(answerOf(bodyOf("abc", "def")));
  client.say(GET);
  await settle();
  expect(client.taken()).toMatch(/^HTTP\/1.1 200 OK[^]*\r\n\r\nabcdef$/);
  expect(client.writes).toBe(2);
});

test("what can be read here no longer the node goes on with", async () => {
  const answer = answerOf(bodyOf("abc", new Error("gone")), ["content-range", "bytes 10-18/99"]);
  const { client, links } = setUp(answer);
  client.say(GET);
  await settle();
  expect(links[0]?.taken()).toBe(
    "intro GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=13-18\r\n\r\n",
  );
  const rest = "HTTP/1.1 206 x\r\ncontent-length: 6\r\ncontent-range: bytes 13-18/99\r\n\r\n";
  links[0]?.say(`${WELCOME}${rest}def`);
  links[0]?.say("ghi");
  expect(client.taken()).toMatch(/^HTTP\/1.1 206 Partial[^]*\r\n\r\nabcdefghi$/);
  expect(client.ends).toEqual([]);
  const other = setUp(answerOf(bodyOf("abc", new Error("gone"))));
  other.client.say(GET);
  await settle();
  other.links[0]?.say(`${WELCOME}HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n`);
  expect(other.client.ends).toEqual(["cut"]); // not whole, and never to be
});

test("what cannot be read from its first byte on is asked of the node as it came", async () => {
  const { client, links, state } = setUp(answerOf(bodyOf(new Error("gone"))));
  client.say(GET);
  await settle();
  expect([links[0]?.taken(), client.taken(), state.answers]).toEqual([`intro ${GET}`, "", 0]);
});

test("the client may close behind its last request, and the node may want it to", async () => {
  const { client, state } = setUp(answerOf(utf8("hi")));
  client.say(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  expect(client.taken()).toContain("Connection: close\r\n\r\nhi");
  expect(client.ends).toEqual(["end"]);
  state.isDraining = true;
  const other = setUp();
  other.client.say(GET);
  await settle();
  other.links[0]?.say(
    `${WELCOME}HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: close\r\n\r\n`,
  );
  expect(other.client.ends).toEqual(["end"]);
});

test("a client that goes away takes its part of the node's work with it", async () => {
  const { client, links, isOver } = setUp();
  client.say(GET);
  await settle();
  client.handler?.onClose(true);
  expect([links[0]?.ends, isOver()]).toEqual([["cut"], true]);
});

test("a client that ends behind its requests gets the answers", async () => {
  const { client, links } = setUp();
  client.say(GET);
  client.say(GET.replace("/a", "/b"));
  client.handler?.onEnd();
  await settle();
  expect([links[0]?.taken(), links[0]?.ends]).toEqual([`intro ${GET}`, []]);
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  links[0]?.say(`${WELCOME}${answer}`);
  expect([links[0]?.taken(), links[0]?.ends]).toEqual([GET.replace("/a", "/b"), ["end"]]);
  links[0]?.say(answer);
  expect([client.taken(), client.ends]).toEqual([answer + answer, ["end", "close"]]);
});

test("the node may give up what an ended client waits for, and is not asked again", async () => {
  const { client, links, isOver } = setUp();
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  client.say(GET);
  await settle();
  links[0]?.say(`${WELCOME}${answer}`);
  client.say(GET);
  client.handler?.onEnd();
  expect(links[0]?.ends).toEqual(["end"]);
  links[0]?.handler?.onEnd();
  expect([links.length, client.ends, isOver()]).toEqual([1, ["cut"], true]);
});

test("a node that did not hear in time for whom a link is hears it again", async () => {
  const { client, links } = setUp();
  client.say(GET);
  client.handler?.onEnd();
  for (let i = 0; i < 3; i++) {
    await settle();
    expect(links[i]?.taken()).toBe(`intro ${GET}`);
    if (i % 2 === 0) links[i]?.say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    else links[i]?.handler?.onClose(true);
    expect(client.ends).toEqual([]);
  }
  await settle();
  links[3]?.handler?.onClose(true);
  expect([links.length, client.ends]).toEqual([4, ["cut"]]);
});

/** A client that has 50 bytes of an answer all of which the node has given. */
async function setUpSlow() {
  const parts = setUp();
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${"b".repeat(100)}`;
  parts.client.room = 50;
  parts.client.say(GET);
  await settle();
  parts.links[0]?.say(`${WELCOME}${answer}`);
  return { ...parts, answer };
}

test("an answer of the node's counts as under way until its client has it", async () => {
  const { client, state, answer } = await setUpSlow();
  expect(state.underWay).toBe(1);
  client.drain(20);
  await settle();
  expect(state.underWay).toBe(1);
  client.drain();
  await settle();
  expect([client.taken(), state.underWay, client.ends]).toEqual([answer, 0, []]);
});

test("what the node has given is not dropped when its client or the worker ends", async () => {
  for (const how of ["end", "drain"]) {
    const { client, state, connection, answer } = await setUpSlow();
    state.isDraining = how === "drain";
    if (how === "end") client.handler?.onEnd();
    else expect(connection.drain()).toBe(true);
    expect(client.ends).toEqual([]);
    client.drain();
    await settle();
    expect(client.taken()).toBe(answer);
    expect(client.ends).toEqual(how === "end" ? ["end", "close"] : ["end"]);
  }
});

test("a client that is too slow for the last of an answer is cut", async () => {
  const { client, state, connection } = await setUpSlow();
  connection.watch(state.now = 30_001); // longer than anybody rests
  expect(client.ends).toEqual([]);
  state.isSlow = true;
  connection.watch(30_002);
  await settle();
  expect([client.ends, state.underWay]).toEqual([["cut"], 0]);
});

test("who says nothing, rests too long, stands still or is too slow is let go", () => {
  const rests = (hasAsked: boolean, ms: number): string[] => {
    const { client, state, connection } = setUp(answerOf(utf8("hi")));
    if (hasAsked) client.say(GET);
    connection.watch(state.now = ms);
    return client.ends;
  };
  expect([rests(false, 5_000), rests(false, 5_001)]).toEqual([[], ["close"]]);
  expect([rests(true, 30_000), rests(true, 30_001)]).toEqual([[], ["close"]]);
  const slow = setUp(answerOf(utf8("hi")));
  slow.client.room = 3;
  slow.client.say(GET);
  slow.connection.watch(1);
  expect(slow.client.ends).toEqual([]);
  slow.state.isSlow = true;
  slow.connection.watch(2);
  expect(slow.client.ends).toEqual(["cut"]);
});

test("a client that takes nothing stops the node, and is cut in the end", async () => {
  const { client, links, state, connection } = setUp();
  client.say(GET);
  await settle();
  client.room = 0;
  links[0]?.say(`${WELCOME}HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf`);
  expect(links[0]?.isPaused).toBe(true);
  connection.watch(state.now = 30_000);
  expect(client.ends).toEqual([]);
  connection.watch(state.now = 30_001);
  expect(client.ends).toEqual(["cut"]);
});

test("who sends far ahead is not read further until its turn comes", async () => {
  const { client, links } = setUp();
  client.say(GET);
  await settle();
  client.say(GET.repeat(2_000));
  expect(client.isPaused).toBe(true);
  links[0]?.say(WELCOME);
  for (let i = 0; i < 2_000 && client.isPaused; i++) {
    links[0]?.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  }
  expect(client.isPaused).toBe(false);
});
