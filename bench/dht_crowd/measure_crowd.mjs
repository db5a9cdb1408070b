/** Lookups among the nodes of a crowd, measured alike whatever DHT they speak and whichever runtime
 * they run on: hence no TypeScript. Types: measure_crowd.d.mts. */
import process from "node:process";

/** Lookups one at a time, for their duration. */
const ALONE = 100;

export async function measureCrowd({ lookUp, datagrams, lookups, parallel }) {
  let found = 0;
  const timed = async () => {
    const startedAt = performance.now();
    if (await lookUp() > 0) found++;
    return performance.now() - startedAt;
  };
  const lookUpAll = async () => {
    let left = lookups;
    await Promise.all(Array.from({ length: parallel }, async () => {
      while (left-- > 0) await timed();
    }));
  };
  const counters = () => {
    const { user, system } = process.cpuUsage();
    return { ...datagrams(), cpu: (user + system) / 1e6 };
  };
  const alone = [];
  for (let i = 0; i < ALONE; i++) alone.push(await timed());
  await lookUpAll(); // so that those who ask one another have met, as in a network that has run
  const before = counters();
  const start = performance.now();
  found = 0;
  await lookUpAll();
  const seconds = (performance.now() - start) / 1_000;
  const after = counters();
  return {
    lookupMs: alone.sort((a, b) => a - b)[ALONE >> 1],
    lookupsPerSecond: lookups / seconds,
    datagramsPerLookup: (after.sent - before.sent) / lookups,
    datagramsPerCpuSecond: (after.received - before.received) / (after.cpu - before.cpu),
    foundShare: found / lookups,
  };
}
