import type { PublicKey } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { nodeAt, smallSwarm } from "../../../support/small_swarm.ts";
import { codeOf, getValue, keyOf, putText, textOf } from "../../../support/value_world.ts";

const datagrams = async (node: ReturnType<typeof nodeAt>): Promise<number> =>
  (await node.status()).traffic.sentBytes;

test("within its ttl a value is not looked up again, after it the new one is found", async () => {
  const swarm = await smallSwarm(5);
  await putText(swarm, 0, "v1", { ttlSeconds: 20 });
  expect(await getValue(swarm, 3, 0)).toMatchObject({ source: "network", freshSeconds: 20 });
  await putText(swarm, 0, "v2", { ttlSeconds: 20 });
  await swarm.clock.advanceSettled(5_000);
  const cached = await getValue(swarm, 3, 0);
  expect([textOf(cached), cached.source, cached.freshSeconds]).toEqual(["v1", "cache", 14]);
  await swarm.clock.advanceSettled(15_000);
  const news = await getValue(swarm, 3, 0);
  expect([textOf(news), news.source, news.seq]).toEqual(["v2", "network", 2n]);
});

test("many who ask at once are told by one lookup", async () => {
  const swarm = await smallSwarm(5);
  await putText(swarm, 0, "a");
  const node = nodeAt(swarm, 3);
  const before = await datagrams(node);
  const key = keyOf(swarm, 0);
  const reads = Array.from({ length: 50 }, () => node.getValue(key, new Uint8Array()));
  const answers = await swarm.run(Promise.all(reads));
  expect(new Set(answers.map(textOf))).toEqual(new Set(["a"]));
  expect(await datagrams(node) - before).toBeLessThan(3_000);
});

test(
  "a value is told though the network is gone, until it runs out",
  async () => {
    const swarm = await smallSwarm(4);
    const key = keyOf(swarm, 0);
    await putText(swarm, 0, "a", { ttlSeconds: 10, lifetimeSeconds: 120 });
    await getValue(swarm, 3, key);
    for (const i of [0, 1, 2]) swarm.machines[i]?.crash();
    await swarm.clock.advanceSettled(15_000);
    const stale = await getValue(swarm, 3, key);
    expect([textOf(stale), stale.freshSeconds]).toEqual(["a", 10]);
    await swarm.clock.advanceSettled(120_000);
    expect(["NO_PEERS", "LOOKUP_TIMED_OUT"]).toContain(await codeOf(getValue(swarm, 3, key)));
  },
  30_000,
);

test("what nobody has, and what nobody can be asked for, are told apart", async () => {
  const swarm = await smallSwarm(3);
  const unknown = new Uint8Array(32).fill(9) as PublicKey;
  expect(await codeOf(getValue(swarm, 0, unknown))).toBe("VALUE_NOT_FOUND");
  const alone = await smallSwarm(1);
  expect(await codeOf(getValue(alone, 0, unknown))).toBe("NO_PEERS");
});

test("localOnly tells what is known here and sends nothing", async () => {
  const swarm = await smallSwarm(4);
  await putText(swarm, 0, "a");
  const node = nodeAt(swarm, 2);
  const before = await datagrams(node);
  expect(await codeOf(getValue(swarm, 2, 0, { localOnly: true }))).toBe("NOT_LOCAL");
  expect(await datagrams(node)).toBe(before);
  await getValue(swarm, 2, 0);
  expect(textOf(await getValue(swarm, 2, 0, { localOnly: true }))).toBe("a");
});

test("who leaves, or has no time, is told so; the lookup serves the next one", async () => {
  const swarm = await smallSwarm(4);
  await putText(swarm, 0, "a");
  expect(await codeOf(getValue(swarm, 2, 0, { timeoutMs: 1 }))).toBe("LOOKUP_TIMED_OUT");
  const signal = AbortSignal.abort();
  expect(await codeOf(getValue(swarm, 3, 0, { signal }))).toBe("CANCELLED");
  expect(textOf(await getValue(swarm, 2, 0))).toBe("a");
});
