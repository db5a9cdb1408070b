import { sha1, sha256 } from "../../../../src/crypto/mod.ts";
import {
  asChunkId,
  equalBytes,
  SeededRandom,
  SkerryError,
  toHex,
} from "../../../../src/lib/mod.ts";
import { ObjectFetcher } from "../../../../src/node/fetch/object_fetcher.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { holder, type ScriptedHolder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";

const BYTES = new Uint8Array(2 * 65_536 + 7);
new SeededRandom(2).fill(BYTES);
const ID = asChunkId(sha1(BYTES));
const OBJECTS = new Map([[toHex(ID), BYTES]]);
const PROOF = {
  name: "sha1",
  isBySha1: true,
  isRight: (bytes: Uint8Array) => equalBytes(sha1(bytes), ID),
};

function fixture(known: readonly ScriptedHolder[]) {
  const base = new FetchFixture(known);
  const blamed: number[] = [];
  const fetcher = new ObjectFetcher({
    transport: base.transport,
    requests: base.requests,
    buffers: base.buffers,
    holders: base.holders,
    clock: base.clock,
    wake: () => {},
    blame: (connection) => void blamed.push(connection),
  });
  base.parts.push(fetcher);
  return { base, fetcher, blamed };
}

describe("ObjectFetcher", () => {
  test("learns the length from the holder and asks one holder at a time", async () => {
    const { base, fetcher } = fixture([holder(1, "serve", OBJECTS), holder(2, "serve", OBJECTS)]);
    const shares = [fetcher.open(ID, PROOF), fetcher.open(ID, PROOF)];
    await base.settle();
    const [one, two] = await Promise.all(shares.map(({ result }) => result));
    expect(one?.bytes).toEqual(BYTES);
    expect(two).toBe(one);
    expect(base.transport.asked.length).toBe(1);
    expect(base.requests.openCount).toBe(0);
    expect(base.clock.armed).toBe(0);
    expect([[...base.purse.proved], base.purse.refunded.size]).toEqual([[[1, BYTES.length]], 0]);
  });

  test("what nobody had is not looked up again for a while", async () => {
    const { base, fetcher } = fixture([]);
    const codeOf = (): Promise<string> =>
      fetcher.open(ID, PROOF).result.then(() => "", (error) => error.code);
    const first = codeOf();
    await base.settle();
    expect([await first, base.lookups.length]).toEqual(["CHUNK_NOT_FOUND", 1]);
    expect([await codeOf(), base.lookups.length]).toEqual(["CHUNK_NOT_FOUND", 1]);
    const stat = fetcher.openStat(ID).result.then(() => "", (error) => error.code);
    expect([await stat, base.lookups.length]).toEqual(["CHUNK_NOT_FOUND", 1]);
  });

  test("a liar, one without it and a silent one are passed by", async () => {
    const { base, fetcher, blamed } = fixture([
      holder(1, "lie", OBJECTS),
      holder(2, "unknown", OBJECTS),
      holder(3, "silent", OBJECTS),
      holder(4, "serve", OBJECTS),
    ]);
    const found = fetcher.open(ID, PROOF).result;
    await base.settle();
    base.clock.advance(3_000);
    await base.settle();
    expect((await found).bytes).toEqual(BYTES);
    expect(blamed).toEqual([1]);
    expect(base.transport.asked.map((asked) => asked.holder)).toEqual([1, 2, 3, 4]);
  });

  test("an honest holder of what bears the id is not blamed for another's wish", async () => {
    const locator = asChunkId(sha256(BYTES).slice(0, 20));
    const objects = new Map([[toHex(locator), BYTES]]);
    const { base, fetcher, blamed } = fixture([holder(1, "serve", objects)]);
    const asSha1 = {
      name: "sha1",
      isBySha1: true,
      isRight: (bytes: Uint8Array) => equalBytes(sha1(bytes), locator),
    };
    const failing = fetcher.open(locator, asSha1).result.then(() => "done", (error) => error.code);
    const right = {
      name: "sha256",
      isBySha1: false,
      isRight: (bytes: Uint8Array) => bytes.length === BYTES.length,
    };
    const found = fetcher.open(locator, right).result;
    await base.settle();
    expect(await failing).toBe("CHUNK_NOT_FOUND");
    expect((await found).bytes).toEqual(BYTES);
    expect(blamed).toEqual([]);
    expect(fetcher.started).toBe(2);
  });

  test("a length is had without a byte of payload", async () => {
    const { base, fetcher } = fixture([holder(1, "unknown", OBJECTS), holder(2, "serve", OBJECTS)]);
    const asking = fetcher.openStat(ID).result;
    await base.settle();
    expect((await asking).size).toBe(BYTES.length);
    expect(base.transport.asked.every(({ bitmap }) => bitmap === 0)).toBe(true);
    expect(base.requests.openCount).toBe(0);
    expect(base.clock.armed).toBe(0);
  });

  test("holders of what lists it are asked first, without a lookup of its own", async () => {
    const partial = holder(1, "unknown", OBJECTS), whole = holder(2, "serve", OBJECTS);
    const base = new FetchFixture([partial, whole]);
    const fetcher = new ObjectFetcher({
      transport: base.transport,
      requests: base.requests,
      buffers: base.buffers,
      holders: base.holders,
      clock: base.clock,
      wake: () => {},
      blame: () => {},
    });
    base.parts.push(fetcher);
    const listing = asChunkId(new Uint8Array(20).fill(0x11));
    const found = fetcher.open(ID, PROOF, listing).result;
    await base.settle();
    expect((await found).bytes).toEqual(BYTES);
    expect(base.lookups).toEqual([toHex(listing)]);
    expect(base.holders.of(listing).connected.size).toBe(2); // honest about lacking it
  });

  test("holders that say they have not got it are none, also when asked again", async () => {
    const { base, fetcher } = fixture([
      holder(1, "unknown", OBJECTS),
      holder(2, "unknown", OBJECTS),
    ]);
    const listing = asChunkId(new Uint8Array(20).fill(0x11));
    const codes: string[] = [];
    for (
      const begin of [
        () => fetcher.open(ID, PROOF, listing),
        () => fetcher.open(ID, PROOF),
        () => fetcher.openStat(ID),
      ]
    ) {
      const failing = begin().result.then(() => "done", (error) => error.code);
      await base.settle();
      codes.push(await failing);
    }
    expect(codes).toEqual(["CHUNK_NOT_FOUND", "CHUNK_NOT_FOUND", "CHUNK_NOT_FOUND"]);
  });

  test("no lookup because too many run: busy, and not a network of nobody", async () => {
    const { base, fetcher } = fixture([]);
    base.refusal = new SkerryError("BUSY", "Too many lookups are waiting already");
    const failing = fetcher.open(ID, PROOF).result.then(() => "done", (error) => error.code);
    await base.settle();
    expect(await failing).toBe("BUSY");
  });

  test("nobody has it, all failed, nobody answers: three different errors", async () => {
    const cases = [
      { known: [], answered: 4, code: "CHUNK_NOT_FOUND" },
      { known: [], answered: 0, code: "NO_PEERS" },
      { known: [holder(1, "lie", OBJECTS)], answered: 4, code: "HOLDERS_FAILED" },
    ] as const;
    for (const { known, answered, code } of cases) {
      const { base, fetcher } = fixture(known);
      base.answered = answered;
      const failing = fetcher.open(ID, PROOF).result.then(() => "done", (error) => error.code);
      await base.settle();
      expect(await failing).toBe(code);
    }
  });

  test("the 33rd object waits its turn instead of being refused", async () => {
    const objects = new Map<string, Uint8Array>();
    const ids = Array.from({ length: 40 }, (_, i) => {
      const bytes = new Uint8Array(100).fill(i);
      objects.set(toHex(sha1(bytes)), bytes);
      return asChunkId(sha1(bytes));
    });
    const { base, fetcher } = fixture([holder(1, "serve", objects)]);
    base.transport.room = 0;
    const all = ids.map((id) => {
      const isRight = (bytes: Uint8Array): boolean => equalBytes(sha1(bytes), id);
      return fetcher.open(id, { name: "sha1", isBySha1: true, isRight }).result;
    });
    await base.settle();
    expect(base.clock.armed).toBe(32); // one timer for each that has a place
    base.transport.room = 16;
    await base.settle();
    expect((await Promise.all(all)).map(({ bytes }) => bytes[0])).toEqual(ids.map((_, i) => i));
    expect(base.clock.armed).toBe(0);
  });

  test("beyond a thousand the next one is refused, and stopping ends all", async () => {
    const { base, fetcher } = fixture([holder(1, "silent", OBJECTS)]);
    const codes: Promise<string>[] = [];
    for (let i = 0; i < 1_024; i++) {
      const id = asChunkId(new Uint8Array(20).fill(i).fill(i >> 8, 10));
      codes.push(fetcher.open(id, PROOF).result.then(() => "done", (error) => error.code));
    }
    expect(() => fetcher.open(ID, PROOF)).toThrow("1024 object fetches at once");
    fetcher.stop();
    await base.settle();
    expect(new Set(await Promise.all(codes))).toEqual(new Set(["DRAINING"]));
    expect(base.requests.openCount).toBe(0);
    expect(() => fetcher.open(ID, PROOF)).toThrow("stopping");
  });

  test("the fetch ends with its last reader, not with its first", async () => {
    const { base, fetcher } = fixture([holder(1, "silent", OBJECTS)]);
    const one = fetcher.open(ID, PROOF), two = fetcher.open(ID, PROOF);
    const length = fetcher.openStat(ID);
    const codes = [one, length].map(({ result }) => result.then(() => "done", ({ code }) => code));
    await base.settle();
    expect(base.requests.openCount).toBe(2);
    one.close();
    one.close();
    await base.settle();
    expect(base.requests.openCount).toBe(2);
    two.close();
    length.close();
    await base.settle();
    expect(await Promise.all(codes)).toEqual(["CANCELLED", "CANCELLED"]);
    expect(base.requests.openCount).toBe(0);
    expect(base.clock.armed).toBe(0);
    expect(base.holders.of(ID).isInUse).toBe(false);
    expect(fetcher.started).toBe(1);
    fetcher.open(ID, PROOF);
    expect(fetcher.started).toBe(2);
  });
});
