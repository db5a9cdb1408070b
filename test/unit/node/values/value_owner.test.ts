import { utf8 } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { smallSwarm } from "../../../support/small_swarm.ts";
import { codeOf, getValue, keyOf, putText, textOf } from "../../../support/value_world.ts";

test("a value is repeated before it runs out anywhere", async () => {
  const swarm = await smallSwarm(4);
  await putText(swarm, 0, "a", { lifetimeSeconds: 60, ttlSeconds: 0 });
  for (let minute = 0; minute < 5; minute++) {
    await swarm.clock.advanceSettled(60_000);
    const { seq, expiresMs, signedAtMs } = await getValue(swarm, 2, 0);
    expect([seq, expiresMs - signedAtMs]).toEqual([1n, 60_000]);
  }
}, 30_000);

test("a value survives its owner's restart, with its seq", async () => {
  const swarm = await smallSwarm(4);
  const [owner, other] = swarm.machines;
  if (owner === undefined || other === undefined) throw new Error("no machines");
  await putText(swarm, 0, "a");
  await putText(swarm, 0, "b", { lifetimeSeconds: 120, ttlSeconds: 0 });
  await swarm.run(owner.stop());
  await swarm.run(owner.start([other]));
  expect(textOf(await getValue(swarm, 0, 0))).toBe("b");
  await swarm.clock.advanceSettled(130_000); // what was put before the restart has run out
  expect(textOf(await getValue(swarm, 2, 0))).toBe("b");
  expect((await putText(swarm, 0, "c")).seq).toBe(3n);
}, 30_000);

test("a value put while nobody was there reaches those who come", async () => {
  const swarm = await smallSwarm(1);
  await putText(swarm, 0, "early");
  const [first] = swarm.machines;
  for (let i = 0; i < 3; i++) await swarm.run(swarm.addMachine().start(first ? [first] : []));
  await swarm.clock.advanceSettled(30_000);
  expect(textOf(await getValue(swarm, 2, 0))).toBe("early");
});

test("a lone owner's value stays believable at home", async () => {
  const swarm = await smallSwarm(1);
  await putText(swarm, 0, "solo", { lifetimeSeconds: 30 });
  await swarm.clock.advanceSettled(120_000);
  const { expiresMs, signedAtMs, freshSeconds } = await getValue(swarm, 0, 0);
  expect(expiresMs - signedAtMs).toBe(30_000);
  expect(freshSeconds).toBeGreaterThan(0);
});

test("a value whose owner is gone lives out its lifetime", async () => {
  const swarm = await smallSwarm(5);
  const key = keyOf(swarm, 0);
  await putText(swarm, 0, "a", { lifetimeSeconds: 300, ttlSeconds: 0 });
  swarm.machines[0]?.crash();
  await swarm.clock.advanceSettled(200_000);
  expect(textOf(await getValue(swarm, 3, key))).toBe("a");
  await swarm.clock.advanceSettled(101_000);
  expect(await codeOf(getValue(swarm, 3, key))).toBe("VALUE_EXPIRED");
}, 30_000);

test("values of different salts are repeated each", async () => {
  const swarm = await smallSwarm(3);
  for (const salt of ["a", "b", "c"]) {
    await putText(swarm, 0, salt, { salt: utf8(salt), lifetimeSeconds: 60, ttlSeconds: 0 });
  }
  await swarm.clock.advanceSettled(120_000);
  for (const salt of ["a", "b", "c"]) {
    expect(textOf(await getValue(swarm, 1, 0, { salt: utf8(salt) }))).toBe(salt);
  }
}, 30_000);
