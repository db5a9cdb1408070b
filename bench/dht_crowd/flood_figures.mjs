/** What a node handles that is flooded with questions, measured alike whatever it speaks and
 * whichever runtime it runs on: hence no TypeScript. Types: flood_figures.d.mts. */
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

/** Datagrams before anything counts, so that what is hot is compiled; and those that count. */
const WARM = 60_000;
const COUNTED = 60_000;
const LOOK_MS = 250;

export function startServed(...args) {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the node under test has ended");
    return value;
  };
  return {
    where: next,
    counters() {
      child.stdin.write("\n");
      return next().then(JSON.parse);
    },
    stop: () => child.kill(),
  };
}

export async function serveCounters(count) {
  for await (const _line of createInterface({ input: process.stdin })) {
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ ...count(), cpuSeconds: (user + system) / 1e6 }));
  }
}

export async function floodFigures(counters) {
  const reached = async (received) => {
    for (;;) {
      const now = await counters();
      if (now.received >= received) return now;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const start = await counters();
  const before = await reached(start.received + WARM);
  const after = await reached(before.received + COUNTED);
  const cpu = after.cpuSeconds - before.cpuSeconds;
  return {
    receivedPerCpuSecond: (after.received - before.received) / cpu,
    sentPerCpuSecond: (after.sent - before.sent) / cpu,
  };
}
