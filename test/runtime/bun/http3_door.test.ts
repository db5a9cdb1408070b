import { Http3Door } from "../../../src/runtime/bun/http3_door.ts";
import { expect, test } from "../../support/harness.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A door that is told to the test, and clients that come in while it is open. */
function setUp(connectionsMax = 100_000) {
  const told: boolean[] = [];
  const door = new Http3Door(connectionsMax, (isOpen) => void told.push(isOpen));
  const ends: (() => void)[] = [];
  const come = (count: number): void => {
    for (let i = 0; i < count && told.at(-1) !== false; i++) ends.push(door.begun());
  };
  return { told, door, ends, come };
}

test("so many a period come in, and then as many again", async () => {
  const { told, ends, come } = setUp();
  come(1_000);
  expect([told, ends.length]).toEqual([[false], 64]);
  await sleep(150);
  expect(told).toEqual([false, true]);
  come(1_000);
  expect(ends.length).toBe(128);
});

test("handshakes that do not end shut it until a quarter has, each counted once", async () => {
  const { told, door, ends } = setUp();
  for (let i = 0; i < 1_024; i++) ends.push(door.begun());
  await sleep(150);
  expect(told).toEqual([false]);
  for (const end of ends.slice(0, 255)) end();
  ends[0]?.();
  ends[1]?.();
  expect(told).toEqual([false]);
  ends[256]?.();
  ends[257]?.();
  expect(told).toEqual([false, true]);
});

test("connections have a bound, and it opens when one has gone", () => {
  const { told, door } = setUp(2);
  for (let i = 0; i < 2; i++) door.begun()();
  expect(told).toEqual([false]);
  door.gone();
  expect(told).toEqual([false, true]);
});

test("nothing is set on a socket that has gone", async () => {
  const { told, door, come } = setUp();
  come(10);
  door.lost();
  for (let i = 0; i < 100; i++) door.begun()();
  door.shut();
  await sleep(150);
  expect(told).toEqual([]);
});

test("once shut for good it stays so", async () => {
  const { told, door } = setUp();
  const end = door.begun();
  door.shut();
  end();
  door.gone();
  await sleep(150);
  expect(told).toEqual([false]);
});
