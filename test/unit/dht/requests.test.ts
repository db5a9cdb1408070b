import fc from "fast-check";
import { dhtConfig } from "../../../src/dht/mod.ts";
import { Requests } from "../../../src/dht/requests.ts";
import { SeededRandom, toHex } from "../../../src/lib/mod.ts";
import type { Message } from "../../../src/wire/mod.ts";
import { at, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const { requests: CONFIG } = dhtConfig(false);
const fresh = (changes: Partial<typeof CONFIG> = {}) =>
  new Requests<string>({ ...CONFIG, ...changes }, new SeededRandom(1));
const ping = (requests: Requests<string>, peer: number, now: number, owner = "me") => {
  const message: Message = { type: "PING", requestId: requests.freshId(), seq: 1 };
  return requests.start(message, peerFrom(peer), owner, at(now));
};
const keyOf = (peer: number) => toHex(peerFrom(peer).publicKey);

test("only the asked node's answer under the right id settles a request, once", () => {
  const requests = fresh();
  const { id } = ping(requests, 1, 0);
  expect(requests.settle(id, keyOf(2), at(10))).toBeUndefined();
  expect(requests.settle(id + 1, keyOf(1), at(10))).toBeUndefined();
  expect(requests.settle(id, keyOf(1), at(10))?.owner).toBe("me");
  expect(requests.settle(id, keyOf(1), at(10))).toBeUndefined();
  expect([requests.inFlight, requests.room]).toEqual([0, 512]);
});

test("an unknown node is asked twice, 750 ms each; a late answer still counts", () => {
  const requests = fresh();
  const { id } = ping(requests, 1, 0);
  expect(requests.nextTimeout()).toBe(at(750));
  expect(requests.expire(at(749))).toEqual([]);
  expect(requests.expire(at(750)).map(({ kind }) => kind)).toEqual(["slow"]);
  expect(requests.nextTimeout()).toBe(at(1500));
  expect(requests.expire(at(1500)).map(({ kind }) => kind)).toEqual(["failed"]);
  expect([requests.inFlight, requests.nextTimeout()]).toEqual([0, undefined]);
  expect(requests.settle(id, keyOf(2), at(1600))).toBeUndefined();
  expect(requests.settle(id, keyOf(1), at(1600))?.id).toBe(id);
  expect(requests.settle(id, keyOf(1), at(1600))).toBeUndefined();
});

test("how long an unknown node is waited for follows from what others took, 300 … 750 ms", () => {
  const requests = fresh();
  const unknown = keyOf(9);
  const answers = (ms: number, count: number) => {
    for (let i = 0; i < count; i++) requests.settle(ping(requests, 1, 0).id, keyOf(1), at(ms));
  };
  answers(100, 7);
  expect(requests.timeoutMs(unknown)).toBe(750);
  answers(100, 1);
  expect(requests.timeoutMs(unknown)).toBe(300);
  for (let i = 0; i < 100; i++) answers(i % 2 === 0 ? 50 : 150, 1);
  const typical = requests.timeoutMs(unknown);
  expect(typical).toBeGreaterThan(300);
  expect(typical).toBeLessThan(400);
  ping(requests, 9, 1000);
  expect(requests.expire(at(1400)).map(({ kind }) => kind)).toEqual(["slow"]);
  expect(requests.nextTimeout()).toBe(at(1400 + typical));
  answers(1000, 100);
  expect(requests.timeoutMs(unknown)).toBe(750);
});

test("the timeout is srtt + 4 rttvar, 150 … 1500 ms; ambiguous answers do not count", () => {
  const requests = fresh();
  const answer = (ms: number) => requests.settle(ping(requests, 1, 0).id, keyOf(1), at(ms));
  answer(10);
  expect(requests.rttMs(keyOf(1))).toBe(10);
  expect(requests.timeoutMs(keyOf(1))).toBe(150);
  answer(200);
  expect(requests.rttMs(keyOf(1))).toBe(10 + 190 / 8);
  expect(requests.timeoutMs(keyOf(1))).toBeCloseTo(33.75 + 4 * (5 + 185 / 4));
  for (let i = 0; i < 20; i++) answer(3000);
  expect(requests.timeoutMs(keyOf(1))).toBe(1500);
  const again = ping(requests, 1, 0);
  const before = requests.rttMs(keyOf(1));
  requests.expire(at(1500));
  requests.settle(again.id, keyOf(1), at(1501));
  expect(requests.rttMs(keyOf(1))).toBe(before);
});

test("the last attempt waits at least as long as for an unknown node", () => {
  const requests = fresh();
  requests.settle(ping(requests, 1, 0).id, keyOf(1), at(10));
  const request = ping(requests, 1, 100);
  expect(request.deadline).toBe(at(250));
  requests.expire(at(250));
  expect(request.deadline).toBe(at(1000));
});

test("abandon() takes out all requests to one node", () => {
  const requests = fresh();
  ping(requests, 1, 0, "a");
  ping(requests, 2, 5, "b");
  ping(requests, 1, 9, "c");
  expect(requests.abandon(keyOf(1)).map(({ owner }) => owner)).toEqual(["a", "c"]);
  expect([requests.inFlight, requests.nextTimeout()]).toEqual([1, at(755)]);
});

test("law: nextTimeout() is the earliest deadline of what is in flight", () => {
  const step = fc.tuple(
    fc.constantFrom("ask", "answer", "expire", "abandon"),
    fc.nat(5),
    fc.nat(300),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const requests = fresh();
    const open = new Set<ReturnType<typeof ping>>();
    let now = 0;
    for (const [deed, peer, ms] of steps) {
      now += ms;
      if (deed === "ask") open.add(ping(requests, peer, now));
      for (
        const request of [...open].filter(({ key }) => deed === "answer" && key === keyOf(peer))
      ) {
        expect(requests.settle(request.id, request.key, at(now))).toBe(request);
        open.delete(request);
      }
      if (deed === "expire") {
        for (const { kind, request } of requests.expire(at(now))) {
          if (kind === "failed") open.delete(request);
        }
      }
      if (deed === "abandon") {
        for (const request of requests.abandon(keyOf(peer))) open.delete(request);
      }
      const deadlines = [...open].map(({ deadline }) => deadline);
      expect(requests.inFlight).toBe(open.size);
      expect(requests.nextTimeout() ?? Infinity).toBe(Math.min(...deadlines));
    }
  }));
});
