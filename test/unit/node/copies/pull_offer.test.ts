import { sha1, sha256 } from "../../../../src/crypto/mod.ts";
import { asChunkId, SeededRandom, SkerryError, toHex } from "../../../../src/lib/mod.ts";
import { OfferPuller } from "../../../../src/node/copies/pull_offer.ts";
import type { ConnectionHandle } from "../../../../src/transport/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { type Behaviour, holder } from "../../../support/fake_transport.ts";
import { FetchFixture } from "../../../support/fetch_fixture.ts";

const BYTES = new Uint8Array(2 * 65_536 + 7);
new SeededRandom(2).fill(BYTES);
const ID = asChunkId(sha1(BYTES));
const PEER = 1 as ConnectionHandle;

function setUp(behaviour: Behaviour, isColliding = false, id = ID) {
  const scripted = holder(1, behaviour, new Map([[toHex(id), BYTES]]));
  const base = new FetchFixture([scripted]);
  base.transport.connect(scripted);
  const blamed: number[] = [];
  const puller = new OfferPuller({
    transport: base.transport,
    requests: base.requests,
    buffers: base.buffers,
    clock: base.clock,
    guard: {
      check: () =>
        isColliding
          ? Promise.reject(new SkerryError("HASH_COLLISION", "two have it"))
          : Promise.resolve(),
    },
    wake: () => {},
    blame: (connection) => void blamed.push(connection),
  });
  base.parts.push(puller);
  return { base, puller, blamed };
}

test("an offered object comes whole from the one who offered it, proven", async () => {
  const { base, puller, blamed } = setUp("serve");
  const pulling = puller.pull(PEER, ID, BYTES.length);
  await base.settle();
  expect(await pulling).toEqual({ result: "pulled", bytes: BYTES });
  expect([puller.pulled, blamed, base.clock.armed, base.requests.openCount])
    .toEqual([1, [], 0, 0]);
});

test("an object comes by the start of its SHA-256 too, where that is meant", async () => {
  const name = asChunkId(sha256(BYTES).subarray(0, 20));
  const { base, puller, blamed } = setUp("serve", false, name);
  const pulling = puller.pull(PEER, name, BYTES.length, "either");
  await base.settle();
  expect([(await pulling).result, blamed]).toEqual(["pulled", []]);
  const strict = setUp("serve", false, name);
  const other = strict.puller.pull(PEER, name, BYTES.length);
  await strict.base.settle();
  expect([(await other).result, strict.blamed]).toEqual(["wrong", [1]]);
});

test("other bytes than were offered are not taken, and their sender is blamed", async () => {
  for (
    const { behaviour, length = BYTES.length, isColliding = false } of [
      { behaviour: "lie" as const },
      { behaviour: "serve" as const, length: BYTES.length - 1 },
      { behaviour: "serve" as const, isColliding: true },
    ]
  ) {
    const { base, puller, blamed } = setUp(behaviour, isColliding);
    const pulling = puller.pull(PEER, ID, length);
    await base.settle();
    expect([await pulling, blamed]).toEqual([{ result: "wrong" }, [1]]);
  }
});

test("one who offers and sends nothing is left, and gone is gone", async () => {
  const silent = setUp("silent");
  const pulling = silent.puller.pull(PEER, ID, BYTES.length);
  await silent.base.settle();
  silent.base.clock.advance(3_000);
  expect((await pulling).result).toBe("stalled");
  const { base, puller } = setUp("unknown");
  const refused = puller.pull(PEER, ID, BYTES.length);
  await base.settle();
  expect((await refused).result).toBe("unknown");
});

test("one who drips keeps its place for two minutes at most", async () => {
  const { base, puller } = setUp("slow");
  const pulling = puller.pull(PEER, ID, BYTES.length);
  let arrivedBytes = 0;
  for (let i = 0; i < 50; i++) {
    const rest = { outstandingBytes: 1, busySince: undefined, arrivedAt: undefined };
    base.transport.progress.set(PEER, { ...rest, arrivedBytes: ++arrivedBytes });
    await base.settle(1);
    base.clock.advance(2_500);
  }
  expect([(await pulling).result, base.clock.armed]).toEqual(["late", 0]);
});

test("no more offers wait than there is a bound for, and a stopping node takes none", async () => {
  const { base, puller } = setUp("silent");
  const pulls = Array.from({ length: 72 }, () => puller.pull(PEER, ID, BYTES.length));
  expect((await puller.pull(PEER, ID, BYTES.length)).result).toBe("busy");
  puller.stop();
  await base.settle(2);
  const results = await Promise.all(pulls);
  expect(new Set(results.map(({ result }) => result))).toEqual(new Set(["cancelled"]));
});
