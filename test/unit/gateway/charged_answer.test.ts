import { charge, checkQuota } from "../../../src/gateway/charged_answer.ts";
import { ClientQuota } from "../../../src/gateway/client_quota.ts";
import { expect, test } from "../../support/harness.ts";

const DAY = 86_400_000;
const NOON = 20_000 * DAY + DAY / 2;
const now = (): number => NOON;
const never = new Promise<number>(() => {});

function answerOf(bytes: number, headers: Record<string, string> = {}): Response {
  const length = { "content-length": String(bytes) };
  return new Response(new Uint8Array(bytes), { headers: { ...length, ...headers } });
}

/** A body of pieces that has no length; counts what was taken of it. */
function endless(pieceBytes: number) {
  const taken = { pieces: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken.pieces++;
      controller.enqueue(new Uint8Array(pieceBytes));
    },
    cancel: () => void (taken.isCancelled = true),
  }, { highWaterMark: 0 });
  return { taken, answer: new Response(body, { headers: { etag: 'W/"x"' } }) };
}

test("an answer is reserved whole before it leaves; what did not leave comes back", async () => {
  const quota = new ClientQuota("alice", 100);
  let finish: ((sent: number) => void) | undefined;
  const finished = new Promise<number>((resolve) => finish = resolve);
  const answer = answerOf(70);
  expect(await charge(quota, answer, finished, now)).toBe(answer);
  expect(quota.leftBytes(NOON)).toBe(30);
  finish?.(20);
  await finished;
  expect([quota.leftBytes(NOON), quota.sent]).toEqual([80, 20]);
});

test("one that is longer than what is left is 402, with the time of the next day", async () => {
  const quota = new ClientQuota("alice", 100);
  const longer = answerOf(101, { "accept-ranges": "bytes" });
  const refused = await charge(quota, longer, never, now).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    problem: { status: 402, headers: { "cache-control": "no-store", "retry-after": "43200" } },
  });
  expect(String(refused)).toContain(
    "alice may be sent 100 bytes a day; until 2024-10-05T00:00:00Z 100 are left " +
      "and this answer has 101. A Range may ask for less.",
  );
  expect(quota.leftBytes(NOON)).toBe(100);
  expect(() => checkQuota(quota, NOON)).not.toThrow();
  await charge(quota, answerOf(100), Promise.resolve(100), now);
  expect(() => checkQuota(quota, NOON)).toThrow("0 are left.");
});

test("where only its own open answers stand in the way, a client may ask again soon", async () => {
  const quota = new ClientQuota("alice", 100);
  let abort: ((sent: number) => void) | undefined;
  const finished = new Promise<number>((resolve) => abort = resolve);
  await charge(quota, answerOf(60), finished, now);
  const refusal = async (bytes: number): Promise<unknown> =>
    await charge(quota, answerOf(bytes), never, now).catch((error: unknown) => error);
  const second = await refusal(50);
  expect(second).toMatchObject({ problem: { status: 402, headers: { "retry-after": "10" } } });
  expect(String(second)).toContain("40 are left and this answer has 50. Answers under way hold 60");
  expect(await refusal(101)).toMatchObject({ problem: { headers: { "retry-after": "43200" } } });
  await charge(quota, answerOf(40), never, now);
  expect(() => checkQuota(quota, NOON)).toThrow("0 are left. Answers under way hold 100 more");
  abort?.(10);
  await finished;
  await charge(quota, answerOf(50), never, now); // what was refused before
});

test("what has no body, and what tells of a failure, is free", async () => {
  const quota = new ClientQuota("alice", 0);
  const free = [
    new Response(null, { status: 200, headers: { "content-length": "70" } }),
    new Response("no such thing", { status: 404, headers: { "content-length": "13" } }),
  ];
  for (const answer of free) expect(await charge(quota, answer, never, now)).toBe(answer);
});

test("a page that a site has for what is missing counts like any of its files", async () => {
  const quota = new ClientQuota("alice", 100);
  const { body, headers } = answerOf(70, { "x-skerry-source": "local" });
  const page = new Response(body, { status: 404, headers });
  expect(await charge(quota, page, never, now)).toBe(page);
  expect(quota.leftBytes(NOON)).toBe(30);
});

test("an answer without a length is cut where the quota ends, and read no further", async () => {
  const quota = new ClientQuota("alice", 100);
  const { taken, answer } = endless(40);
  const charged = await charge(quota, answer, never, now);
  expect(charged.headers.get("etag")).toBe('W/"x"');
  const reader = charged.body?.getReader();
  expect((await reader?.read())?.value?.length).toBe(40);
  expect(taken.pieces).toBe(1); // nothing is read ahead
  expect((await reader?.read())?.value?.length).toBe(40);
  await expect(reader?.read()).rejects.toThrow("alice has used up its quota for today");
  expect([taken.pieces, taken.isCancelled]).toEqual([3, true]);
});
