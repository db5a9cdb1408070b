import { sha1, sha256 } from "../../../src/crypto/mod.ts";
import { asChunkId, equalBytes, SeededRandom, toHex } from "../../../src/lib/mod.ts";
import { ObjectFetcher } from "../../../src/node/object_fetcher.ts";
import { describe, expect, test } from "../../support/harness.ts";
import { holder, type ScriptedHolder } from "../../support/fake_transport.ts";
import { FetchFixture } from "../../support/fetch_fixture.ts";

const BYTES = new Uint8Array(2 * 65_536 + 7);
new SeededRandom(2).fill(BYTES);
const ID = asChunkId(sha1(BYTES));
const OBJECTS = new Map([[toHex(ID), BYTES]]);
const PROOF = { name: "sha1", isRight: (bytes: Uint8Array) => equalBytes(sha1(bytes), ID) };

function fixture(known: readonly ScriptedHolder[]) {
  const base = new FetchFixture(known);
  const blamed: number[] = [];
  const fetcher = new ObjectFetcher({
    transport: base.transport,
    requests: base.requests,
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
    const both = Promise.all([fetcher.fetch(ID, PROOF), fetcher.fetch(ID, PROOF)]);
    await base.settle();
    const [one, two] = await both;
    expect(one.bytes).toEqual(BYTES);
    expect(two).toBe(one);
    expect(base.transport.asked.length).toBe(1);
    expect(base.requests.openCount).toBe(0);
    expect(base.clock.armed).toBe(0);
  });

  test("a liar, one without it and a silent one are passed by", async () => {
    const { base, fetcher, blamed } = fixture([
      holder(1, "lie", OBJECTS),
      holder(2, "unknown", OBJECTS),
      holder(3, "silent", OBJECTS),
      holder(4, "serve", OBJECTS),
    ]);
    const found = fetcher.fetch(ID, PROOF);
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
      isRight: (bytes: Uint8Array) => equalBytes(sha1(bytes), locator),
    };
    const failing = fetcher.fetch(locator, asSha1).then(() => "done", (error) => error.code);
    const right = { name: "sha256", isRight: (bytes: Uint8Array) => bytes.length === BYTES.length };
    const found = fetcher.fetch(locator, right);
    await base.settle();
    expect(await failing).toBe("CHUNK_NOT_FOUND");
    expect((await found).bytes).toEqual(BYTES);
    expect(blamed).toEqual([]);
    expect(fetcher.started).toBe(2);
  });

  test("a length is had without a byte of payload", async () => {
    const { base, fetcher } = fixture([holder(1, "unknown", OBJECTS), holder(2, "serve", OBJECTS)]);
    const asking = fetcher.stat(ID);
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
      holders: base.holders,
      clock: base.clock,
      wake: () => {},
      blame: () => {},
    });
    base.parts.push(fetcher);
    const listing = asChunkId(new Uint8Array(20).fill(0x11));
    const found = fetcher.fetch(ID, PROOF, listing);
    await base.settle();
    expect((await found).bytes).toEqual(BYTES);
    expect(base.lookups).toEqual([toHex(listing)]);
    expect(base.holders.of(listing).connected.size).toBe(2); // honest about lacking it
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
      const failing = fetcher.fetch(ID, PROOF).then(() => "done", (error) => error.code);
      await base.settle();
      expect(await failing).toBe(code);
    }
  });
});
