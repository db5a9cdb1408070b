/** Lookups among the nodes of a crowd, measured alike whatever DHT they speak and whichever runtime
 * they run on: hence no TypeScript. Types: measure_crowd.d.mts. */
import process from "node:process";

/** Lookups one at a time, for their duration. */
const ALONE = 100;
/** Rounds before anything counts: until two in a row are no faster than those before by so much.
 * A crowd that has just come together still compiles, fills its tables and meets strangers. */
const WARM_ROUNDS_MAX = 20;
const FASTER = 1.03;

export async function measureCrowd({ lookUp, datagrams, handshakes, lookups, parallel }) {
  let found = 0;
  const timed = async () => {
    const startedAt = performance.now();
    if (await lookUp() > 0) found++;
    return performance.now() - startedAt;
  };
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  /** @returns seconds of processor time. */
  const lookUpAll = async () => {
    const before = cpuSeconds();
    let left = lookups;
    await Promise.all(Array.from({ length: parallel }, async () => {
      while (left-- > 0) await timed();
    }));
    return cpuSeconds() - before;
  };
  const warmRounds = await warm(lookUpAll);
  const alone = [];
  for (let i = 0; i < ALONE; i++) alone.push(await timed());
  const before = { ...datagrams(), handshakes: handshakes?.() };
  const start = performance.now();
  found = 0;
  const cpu = await lookUpAll();
  const seconds = (performance.now() - start) / 1_000;
  const after = { ...datagrams(), handshakes: handshakes?.() };
  return {
    warmRounds,
    lookupMs: alone.sort((a, b) => a - b)[ALONE >> 1],
    lookupsPerSecond: lookups / seconds,
    lookupsPerCpuSecond: lookups / cpu,
    datagramsPerLookup: (after.sent - before.sent) / lookups,
    datagramsPerCpuSecond: (after.received - before.received) / cpu,
    handshakesPerLookup: (after.handshakes - before.handshakes) / lookups,
    foundShare: found / lookups,
  };
}

/** By processor time, which other processes disturb less. @returns rounds it took. */
async function warm(lookUpAll) {
  let best = await lookUpAll();
  let idle = 0;
  for (let round = 1; round < WARM_ROUNDS_MAX; round++) {
    const cpu = await lookUpAll();
    idle = cpu * FASTER < best ? 0 : idle + 1;
    best = Math.min(best, cpu);
    if (idle === 2) return round + 1;
  }
  return WARM_ROUNDS_MAX;
}
