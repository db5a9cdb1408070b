/** OpenDHT (C++; Debian: dhtnode) on loopback, a process for each node, for comparison only. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";

const NETWORK = "4711";
const FIRST_PORT = 41_000;
const KEYS = 16;
const GETS = 64;
/** Processes started at a time, and the time until the crowd knows itself. */
const STARTING = 10;
const START_MS = 500;
const SETTLE_MS = 5_000;
const ANSWER_MS = 30_000;

/** Whether the program is here. */
export function hasOpendht(): boolean {
  try {
    execFileSync("which", ["dhtnode"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** ms of a get() one at a time, the median, among `nodes` nodes. */
export async function opendhtLookupMs(nodes: number): Promise<number> {
  const crowd: ChildProcessWithoutNullStreams[] = [];
  try {
    while (crowd.length < nodes) {
      for (let i = 0; i < STARTING && crowd.length < nodes; i++) crowd.push(node(crowd.length));
      await sleep(START_MS);
    }
    await sleep(SETTLE_MS);
    const keys = Array.from({ length: KEYS }, (_, i) => {
      return createHash("sha1").update(`key ${i}`).digest("hex");
    });
    for (const [i, key] of keys.entries()) {
      await answer(one(crowd, 7 * i), `p ${key} value`, /Put: success/);
    }
    const times: number[] = [];
    for (let i = 0; i < GETS; i++) {
      const line = `g ${one(keys, i)}`;
      const done = await answer(
        one(crowd, 13 * i),
        line,
        /Get: completed, took ([\d.]+) (us|ms|s)/,
      );
      times.push(Number(done[1]) * { us: 0.001, ms: 1, s: 1_000 }[done[2] as "us" | "ms" | "s"]);
    }
    return times.sort((a, b) => a - b)[GETS >> 1] ?? NaN;
  } finally {
    for (const each of crowd) each.kill("SIGKILL");
  }
}

function node(i: number): ChildProcessWithoutNullStreams {
  const through = i === 0 ? [] : ["-b", `127.0.0.1:${FIRST_PORT}`];
  const child = spawn("dhtnode", ["-n", NETWORK, "-p", String(FIRST_PORT + i), ...through]);
  child.stdout.setEncoding("utf8");
  child.stderr.resume();
  return child;
}

/** Types `line` and waits until the node says what is wanted. */
function answer(
  { stdin, stdout }: ChildProcessWithoutNullStreams,
  line: string,
  wanted: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let said = "";
    const end = (): void => {
      clearTimeout(timer);
      stdout.off("data", listen);
    };
    const listen = (text: string): void => {
      said += text;
      const match = wanted.exec(said);
      if (match === null) return;
      end();
      resolve(match);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`dhtnode: no answer to ${line}: ${said}`));
    }, ANSWER_MS);
    stdout.on("data", listen);
    stdin.write(`${line}\n`);
  });
}

function one<T>(of: readonly T[], i: number): T {
  const chosen = of[i % of.length];
  if (chosen === undefined) throw new Error("nothing to choose from");
  return chosen;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
