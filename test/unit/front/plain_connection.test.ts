import { utf8 } from "../../../src/lib/mod.ts";
import { settle } from "../../support/front_parts.ts";
import { expect, test } from "../../support/harness.ts";
import { get, GOES_ON, IS_LAST, plainConnection, readyAnswer } from "../../support/plain_parts.ts";

const WELCOME = "HTTP/1.1 204 No Content\r\n\r\n";
const HI = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n";
const hi = () => readyAnswer(utf8("hi")).answer;

test("requests are answered in turn, one after the other", async () => {
  const open: (() => void)[] = [];
  const { client } = plainConnection({
    handler: async (_, { target }) => {
      await new Promise<void>((resolve) => open.push(resolve));
      return new Response(target, { headers: { "content-length": "2" } });
    },
  });
  client.say(get("/a") + get("/b").slice(0, 10));
  client.say(get("/b").slice(10));
  await settle();
  expect([open.length, client.taken()]).toEqual([1, ""]);
  open[0]?.();
  await settle();
  expect([open.length, client.taken()]).toEqual([2, `${HI}${GOES_ON}/a`]);
  open[1]?.();
  await settle();
  expect(client.taken()).toBe(`${HI}${GOES_ON}/b`);
});

test("what is odd is node:http's from its first byte, behind what was answered here", async () => {
  const { client, links } = plainConnection({ ready: hi });
  const odd = get("/", "TE: trailers\r\n");
  client.say(get() + odd);
  expect(client.taken()).toBe(`${HI}${GOES_ON}hi`);
  await settle();
  expect(links[0]?.taken()).toBe(`intro ${odd}`);
  client.say(get()); // and so is what follows
  links[0]?.say(`${WELCOME}its answer`);
  client.handler?.onEnd();
  expect([links[0]?.taken(), client.taken(), links[0]?.ends]).toEqual([get(), "its answer", [
    "end",
  ]]);
  links[0]?.handler?.onEnd();
  expect(client.ends).toEqual(["end", "close"]);
});

test("node:http waits for a client that takes nothing, and is cut with it", async () => {
  const { client, links, state, connection } = plainConnection({});
  client.say("POST / HTTP/1.1\r\n");
  await settle();
  client.room = 3;
  links[0]?.say(`${WELCOME}its answer`);
  expect(links[0]?.isPaused).toBe(true);
  client.drain();
  expect([client.taken(), links[0]?.isPaused]).toEqual(["its answer", false]);
  client.room = 0;
  links[0]?.say("more");
  connection.watch(state.now += 30_001);
  expect([client.ends, links[0]?.ends, state.over]).toEqual([["cut"], ["cut"], 1]);
});

test("the last answer says so: to who wants that, and in a drain", async () => {
  const asking = plainConnection({ ready: hi });
  asking.client.say(get("/", "Connection: close\r\n") + get());
  expect([asking.client.taken(), asking.client.ends]).toEqual([`${HI}${IS_LAST}hi`, ["end"]]);

  let answer = (): void => {};
  const draining = plainConnection({
    handler: async () => {
      await new Promise<void>((resolve) => answer = resolve);
      return new Response("ok", { headers: { "content-length": "2" } });
    },
  });
  draining.client.say(get() + get());
  draining.state.isDraining = true;
  expect(draining.connection.drain()).toBe(true);
  await settle();
  answer();
  await settle();
  expect([draining.client.taken(), draining.client.ends]).toEqual([`${HI}${IS_LAST}ok`, ["end"]]);
  draining.client.handler?.onEnd();
  expect([draining.connection.drain(), draining.state.over]).toEqual([false, 1]);

  const resting = plainConnection({ ready: hi });
  resting.client.say(get());
  expect([resting.connection.drain(), resting.client.ends]).toEqual([false, ["close"]]);
});

test("a client that has ended gets what is there, and stops what it waits for", async () => {
  const whole = plainConnection({ ready: hi });
  whole.client.room = 5;
  whole.client.say(get());
  whole.client.handler?.onEnd();
  whole.client.drain();
  await settle();
  expect([whole.client.taken(), whole.client.ends])
    .toEqual([`${HI}${GOES_ON}hi`, ["end", "close"]]);

  let aborts = 0;
  const waiting = plainConnection({
    handler: ({ signal }) =>
      new Promise(() => void signal.addEventListener("abort", () => aborts++)),
  });
  waiting.client.say(get());
  await settle();
  waiting.client.handler?.onEnd();
  expect([aborts, waiting.client.ends, waiting.state.over]).toEqual([1, ["close"], 1]);
});

test("who sends too much ahead of an answer is cut, and no more is kept than that", async () => {
  for (const isAtOnce of [true, false]) {
    const { client, state } = plainConnection({ handler: () => new Promise(() => {}) });
    const ahead = get().repeat(1 + Math.ceil(32_768 / get().length));
    if (isAtOnce) client.say(get() + ahead);
    else for (const piece of [get(), ...ahead.match(/[^]{1,1000}/g) ?? []]) client.say(piece);
    await settle();
    expect([client.ends, state.over]).toEqual([["cut"], 1]);
  }
});

test("a long line of requests is answered in several turns, ended or not", async () => {
  const { client, later } = plainConnection({ ready: hi });
  const count = (): number => client.taken().match(/\r\n\r\nhi/g)?.length ?? 0;
  client.say(get().repeat(80));
  client.handler?.onEnd();
  const counts = [count()];
  while (later.length > 0) {
    later.shift()?.();
    counts.push(count());
  }
  await settle();
  expect([counts, client.ends]).toEqual([[32, 32, 16], ["end", "close"]]);
});

test("each state has its time, and time in which the process stood still is none", () => {
  const first = plainConnection({ ready: hi });
  first.connection.watch(5_000);
  expect(first.client.ends).toEqual([]);
  first.connection.excuse(1_000);
  first.connection.watch(6_000);
  expect(first.client.ends).toEqual([]);
  first.connection.watch(6_001);
  expect([first.client.taken(), first.client.ends]).toEqual(["", ["close"]]);

  const slow = plainConnection({ ready: hi });
  slow.client.say(get());
  slow.client.taken();
  slow.connection.watch(slow.state.now = 30_000); // it rests
  for (; slow.state.now < 35_000; slow.state.now += 1_000) {
    slow.client.say(get()[(slow.state.now - 30_000) / 1_000] ?? "");
    slow.connection.watch(slow.state.now);
  }
  expect(slow.client.ends).toEqual([]);
  slow.connection.watch(35_001);
  expect([slow.client.taken(), slow.client.ends]).toEqual(["too late", ["end"]]);
  slow.connection.watch(slow.state.now += 2_001);
  expect([slow.client.ends, slow.state.over]).toEqual([["end", "close"], 1]);
});

test("who takes an answer too slowly is cut, and the answer counts as left", async () => {
  const { answer, left } = readyAnswer(utf8("hi"));
  const { client, state, connection } = plainConnection({ ready: () => answer });
  client.room = 5;
  client.say(get());
  connection.watch(state.now += 60_000);
  expect(client.ends).toEqual([]); // the receiver's watch says when
  state.isSlow = true;
  connection.watch(state.now);
  await settle();
  expect([client.ends, left, state.over]).toEqual([["cut"], [2], 1]);
});

test("a head without an end to its body waits for the client as any other answer", async () => {
  let handled = 0;
  const headers = { "x-long": "x".repeat(100_000) };
  const { client } = plainConnection({
    handler: () => {
      handled++;
      return new Response(null, { headers });
    },
  });
  client.room = 10;
  client.say(get().replace("GET", "HEAD").repeat(3));
  await settle();
  expect(handled).toBe(1);
  client.drain(200_000);
  await settle();
  expect(handled).toBe(2);
});

test("empty lines before a request are passed over, and keep nothing open", async () => {
  const { client, state, connection } = plainConnection({ ready: hi });
  client.say(`\r\n${get()}\r\n\r\n${get()}\r\n`);
  expect(client.taken()).toBe(`${HI}${GOES_ON}hi`.repeat(2));
  for (; state.now <= 30_000; state.now += 1_000) {
    for (const byte of "\r\n") client.say(byte); // in pieces as well
  }
  expect(client.ends).toEqual([]);
  connection.watch(state.now);
  expect([client.taken(), client.ends]).toEqual(["", ["close"]]);

  const ended = plainConnection({ ready: hi });
  ended.client.room = 5;
  ended.client.say(`${get()}\r\n`);
  ended.client.handler?.onEnd();
  ended.client.drain();
  await settle();
  expect(ended.client.ends).toEqual(["end", "close"]);
});
