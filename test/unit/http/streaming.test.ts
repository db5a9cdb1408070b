import { openBody, openPieces, readWhole } from "../../../src/http/mod.ts";
import { expect, test } from "../../support/harness.ts";

interface Log {
  asked: number;
  ended: boolean;
  signal?: AbortSignal;
}

/** Yields `count` pieces of 4 bytes, then throws if `failure` is given. */
function source(log: Log, count: number, failure?: Error) {
  return async function* (signal: AbortSignal): AsyncGenerator<Uint8Array> {
    log.signal = signal;
    try {
      for (let i = 0; i < count; i++) {
        log.asked++;
        yield Uint8Array.of(i, i, i, i);
      }
      if (failure !== undefined) throw failure;
    } finally {
      log.ended = true;
    }
  };
}

const newLog = (): Log => ({ asked: 0, ended: false });
const OPTIONS = { length: 12, firstPieceMs: 1000 };
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test("the body is what was read, and asks for no piece before the reader wants it", async () => {
  const log = newLog();
  const body = await openBody(source(log, 3), OPTIONS);
  await settle();
  expect(log.asked).toBe(1);
  const reader = body.getReader();
  expect((await reader.read()).value).toEqual(Uint8Array.of(0, 0, 0, 0));
  await settle();
  expect(log.asked).toBe(1);
  await reader.read();
  expect(log.asked).toBe(2);
  expect((await reader.read()).value).toEqual(Uint8Array.of(2, 2, 2, 2));
  await settle();
  expect(log.ended).toBe(false); // the reader may still be at the last piece, and its memory
  expect((await reader.read()).done).toBe(true);
  expect(log.ended).toBe(true);
});

test("a failure before the first piece rejects, a later one errors the stream", async () => {
  await expect(openBody(source(newLog(), 0, new Error("none")), OPTIONS)).rejects.toThrow("none");
  const log = newLog();
  const body = await openBody(source(log, 2, new Error("broken")), OPTIONS);
  await expect(new Response(body).arrayBuffer()).rejects.toThrow("broken");
  expect(log.ended).toBe(true);
});

test("a failure that no status tells is told, once; one that a status tells is not", async () => {
  const told: unknown[] = [];
  const options = { ...OPTIONS, onLateFailure: (error: unknown) => void told.push(error) };
  const failure = new Error("broken");
  await openBody(source(newLog(), 0, failure), options).catch(() => {});
  expect(told).toEqual([]);
  const body = await openBody(source(newLog(), 2, failure), options);
  await new Response(body).arrayBuffer().catch(() => {});
  expect(told).toEqual([failure]);
});

test("a source that ends early or gives too much never looks whole", async () => {
  const short = await openBody(source(newLog(), 2), OPTIONS);
  await expect(new Response(short).arrayBuffer()).rejects.toThrow("4 bytes early");
  const long = await openBody(source(newLog(), 3), { ...OPTIONS, length: 10 });
  await expect(new Response(long).arrayBuffer()).rejects.toThrow("more than was asked for");
});

test("the iterator is closed and the signal aborted when the reader goes away", async () => {
  const cancelled = newLog();
  await (await openBody(source(cancelled, 3), OPTIONS)).cancel();
  await settle();
  expect([cancelled.ended, cancelled.signal?.aborted]).toEqual([true, true]);

  const client = new AbortController();
  const gone = newLog();
  const body = await openBody(source(gone, 3), { ...OPTIONS, signal: client.signal });
  client.abort();
  await settle();
  expect([gone.ended, gone.signal?.aborted]).toEqual([true, true]);
  await body.cancel();

  const early = openBody(source(newLog(), 3), { ...OPTIONS, signal: client.signal });
  await expect(early).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a source that gives nothing in time is stopped", async () => {
  let signal: AbortSignal | undefined;
  const opening = openBody(async function* (given) {
    signal = given;
    await new Promise(() => {});
    yield new Uint8Array(12);
  }, { length: 12, firstPieceMs: 10 });
  await expect(opening).rejects.toMatchObject({ code: "FETCH_TIMED_OUT" });
  expect(signal?.aborted).toBe(true);
});

test("empty pieces are passed over", async () => {
  const body = await openBody(async function* () {
    yield new Uint8Array(0);
    yield Uint8Array.of(1, 2);
    yield new Uint8Array(0);
    yield Uint8Array.of(3);
  }, { length: 3, firstPieceMs: 1000 });
  expect(new Uint8Array(await new Response(body).arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
});

test("a body of unknown length ends where its source does", async () => {
  const endless = { ...OPTIONS, length: Infinity };
  const body = await openBody(source(newLog(), 3), endless);
  expect((await new Response(body).arrayBuffer()).byteLength).toBe(12);
  const broken = await openBody(source(newLog(), 2, new Error("broken")), endless);
  await expect(new Response(broken).arrayBuffer()).rejects.toThrow("broken");
  const gone = new AbortController();
  const cut = await openBody(source(newLog(), 3), { ...endless, signal: gone.signal });
  gone.abort();
  await expect(new Response(cut).arrayBuffer()).rejects.toThrow("went away");
});

test("a whole is all pieces, each copied before the next is asked for", async () => {
  const memory = new Uint8Array(4); // used again for each piece
  const reused = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 3; i++) yield await Promise.resolve(memory.fill(i));
  };
  expect(await readWhole(reused, OPTIONS)).toEqual(
    Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2),
  );
});

test("a whole that fails at any piece is none, and its source is ended", async () => {
  const log = newLog();
  await expect(readWhole(source(log, 2, new Error("broken")), OPTIONS)).rejects.toThrow("broken");
  expect([log.ended, log.signal?.aborted]).toEqual([true, true]);
  await expect(readWhole(source(newLog(), 2), OPTIONS)).rejects.toThrow("4 bytes early");
  await expect(readWhole(source(newLog(), 4), OPTIONS)).resolves.toHaveLength(12);
});

test("pieces without a stream: the first is there, none is asked for before its turn", async () => {
  const log = newLog();
  const pieces = await openPieces(source(log, 3), OPTIONS);
  expect(log.asked).toBe(1);
  for (let i = 0; i < 3; i++) expect(await pieces.next()).toEqual(Uint8Array.of(i, i, i, i));
  expect([log.asked, log.ended]).toEqual([3, false]);
  expect(await pieces.next()).toBeUndefined();
  pieces.stop();
  await settle();
  expect([log.ended, log.signal?.aborted]).toEqual([true, false]);
  await expect(openPieces(source(newLog(), 0, new Error("none")), OPTIONS)).rejects.toThrow("none");
  const short = await openPieces(source(newLog(), 1), OPTIONS);
  await short.next();
  await expect(short.next()).rejects.toThrow("8 bytes early");
});
