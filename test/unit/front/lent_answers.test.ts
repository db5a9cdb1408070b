import { LentAnswers } from "../../../src/front/lent_answers.ts";
import type { LendAsk, Lent } from "../../../src/gateway/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { SLOT_BYTES } from "../../../src/ports/mod.ts";
import { settle, surelyPlain } from "../../support/front_parts.ts";

const GATEWAY = {
  trustedProxies: [],
  isLoopbackExempt: false,
  rangeFileBytesMax: 2 ** 30,
  concurrentPerClientMax: 32,
};
const HEADERS = ["x-skerry-path", "/file/a"];

function setUp(hasNamedClients = false) {
  const state = { now: 0, asks: [] as LendAsk[], lent: undefined as Lent | undefined };
  const answers = new LentAnswers({
    settings: { gateway: GATEWAY, hasNamedClients },
    files: {
      readSlotNow: () => true,
      readSlot: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    },
    now: () => state.now,
    rest: () => Promise.resolve(),
    ask: (ask) => {
      state.asks.push(ask);
      return Promise.resolve(state.lent);
    },
  });
  return { state, answers };
}

const whole = (freshMs: number): Lent => ({
  answer: { headers: HEADERS, size: 5, whole: utf8("hello"), freshMs },
  pieces: [],
});

test("what the node lends is given while it is fresh, counted from the question", async () => {
  const { state, answers } = setUp();
  state.lent = whole(400);
  answers.learn("key", 0);
  state.now = 100; // the answer took its time
  await settle();
  expect(answers.find("key", undefined)?.headers.slice(-2)).toEqual(["content-length", "5"]);
  const part = answers.find("key", "bytes=1-2");
  expect([part?.status, part?.body]).toEqual([206, utf8("el")]);
  state.now = 399;
  expect(answers.find("key", undefined)?.route).toBe("file");
  state.now = 400;
  expect(answers.find("key", undefined)).toBeUndefined();
});

test("nothing is used after a rule has changed, also if it comes only then", async () => {
  const { state, answers } = setUp();
  state.lent = whole(1_000);
  answers.learn("key", 0);
  await settle();
  answers.forget();
  expect(answers.find("key", undefined)).toBeUndefined();
  answers.learn("key", 0);
  answers.forget();
  await settle();
  expect(answers.find("key", undefined)).toBeUndefined();
});

test("the body that a rule was made about ends for those in its midst", async () => {
  const { state, answers } = setUp();
  state.lent = {
    answer: { headers: HEADERS, size: 100_000, whole: undefined, freshMs: 1_000 },
    pieces: [],
  };
  answers.learn("key", 0);
  await settle();
  const body = answers.find("key", undefined)?.body;
  if (body === undefined || body instanceof Uint8Array) throw new Error("a body that is read");
  const asked = state.asks.length;
  answers.forget();
  await expect(body.read({})[Symbol.asyncIterator]().next()).rejects.toThrow("not lent");
  expect(state.asks.length).toBe(asked);
});

test("the node is asked once at a time, and a little later where it lends nothing", async () => {
  const { state, answers } = setUp();
  for (let i = 0; i < 3; i++) answers.learn("key", 7);
  await settle();
  answers.learn("key", 7);
  expect(state.asks).toEqual([{ key: "key", wantsAnswer: true, from: 7, chunks: 2 }]);
  state.now = 20;
  answers.learn("key", 7);
  expect(state.asks.length).toBe(2);
});

/** A long answer, with one of its chunks. */
const long = (headers = HEADERS): Lent => ({
  answer: { headers, size: 3 * SLOT_BYTES, whole: undefined, freshMs: 1_000 },
  pieces: [{ start: 0, end: SLOT_BYTES, in: { segment: 0, slot: 1 } }],
});

test("what somebody uses is asked for again before its time is over", async () => {
  const { state, answers } = setUp();
  state.lent = whole(1_000);
  answers.learn("key", 0);
  await settle();
  state.now = 600;
  answers.find("key", undefined);
  expect(state.asks.length).toBe(1);
  state.now = 601;
  for (let i = 0; i < 3; i++) expect(answers.find("key", undefined)).toBeDefined();
  expect(state.asks.slice(1)).toEqual([{ key: "key", wantsAnswer: true, from: 0, chunks: 0 }]);
  await settle();
  state.now = 1_600;
  expect(answers.find("key", undefined)).toBeDefined(); // a second from when it was asked
  state.now = 1_601;
  expect(answers.find("key", undefined)).toBeUndefined();
});

test("an answer that is lent again knows where its bytes are; another one does not", async () => {
  const { state, answers } = setUp();
  const again = async (now: number, headers = HEADERS): Promise<number> => {
    state.now = now;
    state.lent = { ...long(headers), pieces: now === 0 ? long().pieces : [] };
    answers.learn("key", 0);
    await settle();
    const asked = state.asks.length;
    const body = answers.find("key", undefined)?.body;
    if (body === undefined || body instanceof Uint8Array) throw new Error("a body that is read");
    for await (const piece of body.read({})) if (piece.length > 0) break;
    return state.asks.length - asked;
  };
  state.lent = long();
  expect([await again(0), await again(500)]).toEqual([0, 0]);
  await expect(again(510, ["x-skerry-path", "/file/b"])).rejects.toThrow("not lent");
});

test("what was lent is asked for when it is wanted again, while the node has it", async () => {
  const { state, answers } = setUp();
  expect(answers.revive("key", undefined)).toBeUndefined();
  state.lent = whole(1_000);
  answers.learn("key", 0);
  await answers.revive("key", undefined); // it is being asked for
  expect(answers.find("key", undefined)).toBeDefined();
  expect(answers.revive("key", "bytes=9-")).toBeUndefined(); // the node says what is wrong with it
  state.now = 5_000;
  await Promise.all([answers.revive("key", "bytes=3-4"), answers.revive("key", undefined)]);
  expect(state.asks.slice(1)).toEqual([{ key: "key", wantsAnswer: true, from: 3, chunks: 2 }]);
  expect(answers.find("key", undefined)).toBeDefined();
  state.now = 9_000;
  state.lent = undefined;
  await answers.revive("key", "bytes=-2");
  expect(state.asks.at(-1)).toEqual({ key: "key", wantsAnswer: true, from: 0, chunks: 0 });
  state.now = 10_000;
  expect(answers.revive("key", undefined)).toBeUndefined();
});

test("there is a bound on the questions to a node that does not answer", async () => {
  const { state, answers } = setUp();
  state.lent = whole(1_000);
  for (let i = 0; i < 1_100; i++) answers.learn(`key ${i}`, 0);
  expect(state.asks.length).toBe(1_024);
  await settle();
  answers.learn("key 1099", 0);
  expect(state.asks.length).toBe(1_025);
});

test("only plain reads have a key, and none that shows a token where tokens count", () => {
  const keyOf = (text: string, hasNamedClients = false) => {
    const head = surelyPlain(`${text}\r\nHost: x\r\n\r\n`);
    return setUp(hasNamedClients).answers.keyOf(head, { ip: "192.0.2.1", port: 1 });
  };
  const token = "GET /a HTTP/1.1\r\nAuthorization: Bearer x";
  expect(keyOf("GET /a HTTP/1.1")).toContain("/a");
  expect(keyOf(token)).toContain("/a");
  expect(keyOf(token, true)).toBeUndefined();
  expect(keyOf("HEAD /a HTTP/1.1")).toBeUndefined();
  expect(keyOf("GET /a HTTP/1.1\r\nIf-None-Match: *")).toBeUndefined();
});
