/** Stands in for bun:test under Deno (deno.json maps the name here), so that one test file runs on
 * both runtimes: the same names over Deno.test, with expect from deno-std. Holds what the tests of
 * this project use and no more. */
// @ts-types="./std_expect.d.ts"
import { expect as stdExpect } from "@std/expect";
import "./preload.ts";

type Body = () => void | Promise<void>;
interface TestOptions {
  readonly timeout?: number;
}

interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly beforeAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly afterAll: Body[];
  hasBegun: boolean;
  /** Tests inside, at any depth, that have not ended. */
  testsLeft: number;
}

/** Bun's own default. */
const TIMEOUT_MS = 5_000;
/** A timeout is there to end what hangs. Hashing through Deno takes longer than through Bun. */
const PATIENCE = 12;

function makeSuite(name: string, parent?: Suite): Suite {
  const hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
  return { name, parent, ...hooks, hasBegun: false, testsLeft: 0 };
}

// Deno runs each test file in a module graph of its own, so this root is one file's.
let current = makeSuite("");

/** From the file's root to `suite`. */
function pathOf(suite: Suite): Suite[] {
  return suite.parent === undefined ? [suite] : [...pathOf(suite.parent), suite];
}

export function describe(name: string, define: () => void): void {
  const outer = current;
  current = makeSuite(name, outer);
  try {
    define();
  } finally {
    current = outer;
  }
}

/** @param options as bun:test: a timeout in ms, or an object that holds one. */
export function test(name: string, body: Body, options: number | TestOptions = {}): void {
  const path = pathOf(current);
  const timeoutMs = typeof options === "number" ? options : options.timeout ?? TIMEOUT_MS;
  for (const suite of path) suite.testsLeft++;
  Deno.test({
    name: [...path.map((suite) => suite.name), name].filter((part) => part !== "").join(" > "),
    sanitizeOps: false, // bun:test has no such check, and hooks that outlive a test would trip it
    sanitizeResources: false,
    fn: () => runTest(path, () => withTimeout(body, PATIENCE * timeoutMs)),
  });
}

async function runTest(path: readonly Suite[], body: Body): Promise<void> {
  try {
    for (const suite of path) {
      if (suite.hasBegun) continue;
      suite.hasBegun = true;
      for (const hook of suite.beforeAll) await hook();
    }
    try {
      for (const suite of path) for (const hook of suite.beforeEach) await hook();
      await body();
    } finally {
      for (const suite of path.toReversed()) for (const hook of suite.afterEach) await hook();
    }
  } finally {
    for (const suite of path.toReversed()) {
      if (--suite.testsLeft > 0) continue;
      for (const hook of suite.afterAll) await hook();
    }
  }
}

/** A timer cannot stop a body that never yields; that one ends late, and fails all the same. */
async function withTimeout(body: Body, timeoutMs: number): Promise<void> {
  const start = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
  const tookMs = performance.now() - start;
  if (tookMs > timeoutMs) throw new Error(`took ${Math.round(tookMs)} ms of ${timeoutMs}`);
}

export const beforeAll = (hook: Body): void => void current.beforeAll.push(hook);
export const beforeEach = (hook: Body): void => void current.beforeEach.push(hook);
export const afterEach = (hook: Body): void => void current.afterEach.push(hook);
export const afterAll = (hook: Body): void => void current.afterAll.push(hook);

// deno-std walks typed arrays key by key, which takes a minute for a chunk.
stdExpect.addEqualityTesters([(a, b) => {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}]);
stdExpect.extend({
  toStartWith: ({ value }, start) => verdict(value, "start with", start, "startsWith"),
  toEndWith: ({ value }, end) => verdict(value, "end with", end, "endsWith"),
});

function verdict(
  value: unknown,
  deed: string,
  part: unknown,
  method: "startsWith" | "endsWith",
): { pass: boolean; message: () => string } {
  return {
    pass: typeof value === "string" && value[method](String(part)),
    message: () => `${JSON.stringify(value)} was (not) to ${deed} ${JSON.stringify(part)}`,
  };
}

export const expect = stdExpect;
