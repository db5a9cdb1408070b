import { utf8 } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { nodeAt, smallSwarm } from "../../../support/small_swarm.ts";
import { codeOf, getValue, putText, textOf } from "../../../support/value_world.ts";

test("what one node puts others read, and the owner at once, even alone", async () => {
  const swarm = await smallSwarm(5);
  const put = await putText(swarm, 0, "hello");
  expect(put).toMatchObject({ seq: 1n, holders: 4 });
  expect(await getValue(swarm, 3, 0)).toMatchObject({ seq: 1n, source: "network", agreeing: 3 });
  expect(textOf(await getValue(swarm, 3, 0))).toBe("hello");
  expect(await getValue(swarm, 0, 0)).toMatchObject({ source: "own", freshSeconds: 300 });
  const alone = await smallSwarm(1);
  expect(await putText(alone, 0, "solo")).toMatchObject({ seq: 1n, holders: 0 });
  expect(textOf(await getValue(alone, 0, 0))).toBe("solo");
});

test("the next value has the next seq; the same value keeps its own", async () => {
  const swarm = await smallSwarm(4);
  expect((await putText(swarm, 0, "a")).seq).toBe(1n);
  expect((await putText(swarm, 0, "b")).seq).toBe(2n);
  expect((await putText(swarm, 0, "b")).seq).toBe(2n);
  expect((await putText(swarm, 0, "c", { seq: 100n })).seq).toBe(100n);
  expect(textOf(await getValue(swarm, 2, 0))).toBe("c");
  expect(await codeOf(putText(swarm, 0, "d", { seq: 100n }))).toBe("SEQ_CONFLICT");
  expect(textOf(await getValue(swarm, 0, 0))).toBe("c");
});

test("salts tell several values of one key apart", async () => {
  const swarm = await smallSwarm(4);
  await putText(swarm, 0, "a");
  await putText(swarm, 0, "b", { salt: utf8("feed") });
  expect(textOf(await getValue(swarm, 2, 0))).toBe("a");
  expect(textOf(await getValue(swarm, 2, 0, { salt: utf8("feed") }))).toBe("b");
  expect(await codeOf(getValue(swarm, 2, 0, { salt: utf8("x") }))).toBe("VALUE_NOT_FOUND");
});

test("replaces puts against the seq it names only", async () => {
  const swarm = await smallSwarm(4);
  expect(await codeOf(putText(swarm, 0, "a", { replaces: 1n }))).toBe("SEQ_CONFLICT");
  expect(await codeOf(getValue(swarm, 2, 0))).toBe("VALUE_NOT_FOUND");
  await putText(swarm, 0, "a");
  expect((await putText(swarm, 0, "b", { replaces: 1n })).seq).toBe(2n);
  expect(await codeOf(putText(swarm, 0, "c", { replaces: 1n }))).toBe("SEQ_CONFLICT");
  expect(textOf(await getValue(swarm, 2, 0))).toBe("b");
});

test("two puts at once are put one after the other", async () => {
  const swarm = await smallSwarm(4);
  const node = nodeAt(swarm, 0);
  const both = Promise.all(["a", "b"].map((text) => node.putValue(utf8(text))));
  expect((await swarm.run(both)).map(({ seq }) => seq)).toEqual([1n, 2n]);
  expect(textOf(await getValue(swarm, 2, 0))).toBe("b");
});

test("a value that breaks a bound, or one too many, is refused", async () => {
  const swarm = await smallSwarm(1);
  expect(await codeOf(putText(swarm, 0, "x".repeat(1001)))).toBe("INVALID_VALUE");
  expect(await codeOf(putText(swarm, 0, "x", { lifetimeSeconds: 9 }))).toBe("INVALID_VALUE");
  expect(await codeOf(putText(swarm, 0, "x", { ttlSeconds: 86_401 }))).toBe("INVALID_VALUE");
  for (let i = 0; i < 64; i++) await putText(swarm, 0, "x", { salt: utf8(`${i}`) });
  expect(await codeOf(putText(swarm, 0, "x", { salt: utf8("one more") }))).toBe("REFUSED");
  expect((await putText(swarm, 0, "y", { salt: utf8("7") })).seq).toBe(2n);
});

test("a withdrawn value runs out, and is told as such", async () => {
  const swarm = await smallSwarm(4);
  await putText(swarm, 0, "a", { lifetimeSeconds: 60, ttlSeconds: 10 });
  expect(await swarm.run(nodeAt(swarm, 0).withdrawValue(new Uint8Array()))).toBe(true);
  expect(await swarm.run(nodeAt(swarm, 0).withdrawValue(new Uint8Array()))).toBe(false);
  await swarm.clock.advanceSettled(50_000);
  expect(textOf(await getValue(swarm, 2, 0))).toBe("a");
  await swarm.clock.advanceSettled(15_000);
  expect(await codeOf(getValue(swarm, 2, 0))).toBe("VALUE_EXPIRED");
});
