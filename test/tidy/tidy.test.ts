import { describe, expect, test } from "../support/harness.ts";
import { MAY_IMPORT, PURE_ROOMS } from "./layering.ts";
import { report } from "./report.ts";
import { takeApart } from "./source_text.ts";
import { circles, complaintsAbout, missingTwins, readTree, tidy } from "./tidy.ts";

/** What tidy says about one file at `path`. */
const about = (path: string, source: string): string[] => complaintsAbout(path, source);

const textsOf = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([path, source]) => [path, takeApart(path, source)]));

test("the tree itself has no complaint", () => {
  expect(tidy(readTree(new URL("../..", import.meta.url).pathname))).toEqual([]);
}, 60_000); // seconds of parsing, where the machine is busy

describe("layering", () => {
  const dht = "src/dht/lookup.ts";

  test("a room may import what stands on its line, through mod.ts, types or values", () => {
    expect(about(dht, 'import { assert } from "../lib/mod.ts";')).toEqual([]);
    expect(about(dht, 'import { x } from "./k_bucket.ts";')).toEqual([]);
    expect(about(dht, 'import { x } from "../transport/mod.ts";'))
      .toEqual(["src/dht/lookup.ts: may not import src/transport/mod.ts"]);
    expect(about(dht, 'import { assert } from "../lib/assert.ts";'))
      .toEqual(["src/dht/lookup.ts: enter lib/ through its mod.ts, not src/lib/assert.ts"]);
  });

  test("a wing may import what stands on its line, and no file without a wing", () => {
    const pay = "src/node/pay/x.ts";
    expect(about(pay, 'import { x } from "../trade/y.ts";')).toEqual([]);
    expect(about(pay, 'import { x } from "./y.ts";')).toEqual([]);
    expect(about("src/node/y.ts", 'import { x } from "./pay/x.ts";')).toEqual([]);
    expect(about("src/node/trade/y.ts", 'import type { x } from "../pay/x.ts";'))
      .toEqual(["src/node/trade/y.ts: may not import src/node/pay/x.ts"]);
    expect(about(pay, 'import type { x } from "../y.ts";'))
      .toEqual(["src/node/pay/x.ts: may not import src/node/y.ts"]);
    expect(about("src/node/nowhere/x.ts", "")).toEqual([
      "src/node/nowhere/x.ts: unknown wing node/nowhere/",
    ]);
  });

  test("every way to import is seen", () => {
    const broken = [
      'import type { X } from "../swarm/mod.ts";',
      'import { type X } from "../swarm/mod.ts";',
      'import "../swarm/mod.ts";',
      'import * as swarm from "../swarm/mod.ts";',
      'import {\n  a,\n  b,\n} from "../swarm/mod.ts";',
      'export * from "../swarm/mod.ts";',
      'export type { X } from "../swarm/mod.ts";',
      'const x = import("../swarm/mod.ts");',
      'type X = import("../swarm/mod.ts").X;',
      'import x from "../main_bun.ts";',
    ];
    for (const source of broken) {
      expect([source, about(dht, source).filter((line) => line.includes("may not import")).length])
        .toEqual([source, 1]);
    }
    expect(about(dht, '// import "../swarm/mod.ts";\nconst text = `import "../swarm/mod.ts"`;'))
      .toEqual([]);
  });

  test("a package with an owner is imported there only", () => {
    expect(about("src/crypto/x.ts", 'import { sha1 } from "@noble/hashes/legacy.js";')).toEqual([]);
    expect(about("src/dht/x.ts", 'import { sha1 } from "@noble/hashes/legacy.js";').length).toBe(1);
    expect(about("src/node/x.ts", 'import { readFile } from "node:fs";').length).toBe(1);
    expect(about("src/node/x.ts", 'import type { Stats } from "node:fs";').length).toBe(1);
    expect(about("src/runtime/shared/x.ts", 'import { readFile } from "node:fs";')).toEqual([]);
    const version = 'import { version } from "../../../package.json" with { type: "json" };';
    expect(about("src/runtime/shared/x.ts", version)).toEqual([]);
    expect(about("src/node/self/x.ts", version).length).toBe(1);
  });

  test("the gateway takes only types from node/", () => {
    expect(about("src/gateway/x.ts", 'import type { Node } from "../node/mod.ts";')).toEqual([]);
    expect(about("src/gateway/x.ts", 'import { type Node } from "../node/mod.ts";')).toEqual([]);
    expect(about("src/gateway/x.ts", 'import { type Node, go } from "../node/mod.ts";'))
      .toEqual(["src/gateway/x.ts: only types may come from node/"]);
  });

  test("a room nobody knows is named", () => {
    expect(about("src/attic/x.ts", "export {};")).toEqual(["src/attic/x.ts: unknown room attic/"]);
  });

  test("the table itself has no circle and no room on floor 3 that imports another", () => {
    const floor3 = ["store", "transport", "dht", "swarm"];
    for (const room of floor3) {
      expect(floor3.filter((other) => MAY_IMPORT[room]?.includes(other))).toEqual([]);
    }
    const files = Object.fromEntries(
      Object.entries(MAY_IMPORT).map(([room, others]) => [
        `src/${room}/mod.ts`,
        others.map((other) => `import "../${other}/mod.ts";`).join("\n"),
      ]),
    );
    expect(circles(textsOf(files))).toEqual([]);
    for (const room of PURE_ROOMS) expect(MAY_IMPORT[room]).toBeDefined();
  });
});

describe("purity", () => {
  const impure = [
    "const now = Date.now();",
    "const now = new Date();",
    "const now = performance.now();",
    "const dice = Math.random();",
    "setTimeout(run, 1);",
    "setImmediate(run);",
    "queueMicrotask(run);",
    "crypto.getRandomValues(bytes);",
    "const id = crypto.randomUUID();",
    'console.log("x");',
    'const home = process.env["HOME"];',
    'const file = Bun.file("x");',
    "const pid = Deno.pid;",
    'const got = fetch("x");',
    "async function x() {}",
    "function x(): Promise<void> {}",
    "const all = Promise.all([]);",
    "const text = `${Date.now()}`;",
  ];

  test("floors 0 to 3 touch no clock, dice, timer, console or promise", () => {
    for (const source of impure) {
      expect([source, about("src/dht/x.ts", source).length]).toEqual([source, 1]);
    }
    expect(about("src/dht/x.ts", "\n\nconst now = Date.now();"))
      .toEqual(["src/dht/x.ts:3: Date.now in a pure room"]);
  });

  test("prose and names are not code", () => {
    const clean = [
      "// async code would await Date.now()",
      "/** @returns what Promise.all( would */",
      'const text = "setTimeout(run, 1)";',
      'const pattern = /await "console.log/; const more = 1;',
      "transport.fetch(id);",
      "this.#fetch(id);",
      "function startFetch(id: number) {}",
      "const request = { fetch: 1 };",
    ];
    for (const source of clean) {
      expect([source, about("src/dht/x.ts", source)]).toEqual([source, []]);
    }
  });

  test("above them promises are free, runtimes stay in runtime/", () => {
    expect(about("src/node/x.ts", "async function x() { await 1; setTimeout(y, 1); }")).toEqual([]);
    expect(about("src/node/x.ts", 'Bun.file("x");').length).toBe(1);
    expect(about("src/gateway/x.ts", 'console.log("x");').length).toBe(1);
    expect(about("src/cli/x.ts", 'if (typeof Deno === "undefined") x();').length).toBe(1);
    expect(about("src/runtime/bun/x.ts", 'Bun.file("x"); process.exit(1);')).toEqual([]);
  });
});

describe("form and style", () => {
  const path = "src/lib/x.ts";

  test("400 lines and 100 columns", () => {
    expect(about(path, "x();\n".repeat(400))).toEqual([]);
    expect(about(path, "x();\n".repeat(401))).toEqual(["src/lib/x.ts: 401 lines > 400"]);
    expect(about(path, `x(${"1".repeat(97)});`)).toEqual(["src/lib/x.ts:1: 101 columns > 100"]);
    expect(about(path, `// https://example.org/${"1".repeat(97)}`)).toEqual([]);
  });

  test("file names are snake_case", () => {
    for (const name of ["aB.ts", "a-b.ts", "A.ts", "_a.ts", "a.spec.ts"]) {
      expect(about(`src/lib/${name}`, "export {};")).toEqual([
        `src/lib/${name}: a file name is snake_case`,
      ]);
    }
    expect(about("test/unit/lib/a_b2.test.ts", "export {};")).toEqual([]);
  });

  test("what may not be written", () => {
    const broken = [
      "const x: any = 1;",
      "function f(x: any[]) {}",
      "const x = y as any;",
      "// @ts-ignore\nx();",
      "x(); // TODO later",
      "const x = y!;",
      "class X { private y = 1; }",
    ];
    for (const source of broken) expect([source, about(path, source).length]).toEqual([source, 1]);
    const clean = [
      'const any = "any: TODO";',
      "const x = y !== z && !w;",
      "// many: anyone may",
      "class X { #private = 1; }",
    ];
    for (const source of clean) expect([source, about(path, source)]).toEqual([source, []]);
  });

  test("tests: none switched off or alone, and the runner comes from the harness", () => {
    for (const way of ["skip", "only", "todo"]) {
      const source = `test.${way}("x", () => {});`;
      expect(about("test/unit/lib/x.test.ts", source)).toEqual([
        "test/unit/lib/x.test.ts: a test switched off or alone",
      ]);
    }
    expect(about("test/unit/lib/x.test.ts", 'import { test } from "bun:test";').length).toBe(1);
    expect(about("test/support/harness.ts", 'export { test } from "bun:test";')).toEqual([]);
  });
});

test("import circles are found, of types alone too", () => {
  const a = "src/lib/a.ts", b = "src/lib/b.ts", c = "src/lib/c.ts";
  const knot = {
    [a]: 'import type { B } from "./b.ts";',
    [b]: 'import type { C } from "./c.ts";',
    [c]: 'export type { A } from "./a.ts";',
  };
  expect(circles(textsOf(knot))).toEqual([`${a} -> ${b} -> ${c} -> ${a}`]);
  expect(circles(textsOf({ ...knot, [c]: "export type C = 1;" }))).toEqual([]);
  expect(circles(textsOf({ [a]: 'import "./a.ts";' }))).toEqual([`${a} -> ${a}`]);
});

test("a file that holds values needs its twin", () => {
  const missing = (path: string, source: string, ...tests: string[]): number =>
    missingTwins(textsOf({ [path]: source }), new Set(tests)).length;
  expect(missing("src/lib/x.ts", "export const x = 1;")).toBe(1);
  expect(missing("src/lib/x.ts", "export default () => 1;")).toBe(1);
  expect(missing("src/lib/x.ts", "export const x = 1;", "test/unit/lib/x.test.ts")).toBe(0);
  expect(missing("src/lib/x.ts", "export interface X {}\nexport type Y = 1;")).toBe(0);
  expect(missing("src/lib/x.ts", "declare const COMMIT: string;\nexport type Y = 1;")).toBe(0);
  expect(missing("src/gateway/x.tsx", "export const x = <p>hello</p>;")).toBe(1);
  expect(missing("src/lib/mod.ts", 'export * from "./x.ts";')).toBe(0);
  expect(missing("src/runtime/bun/udp.ts", "export const x = 1;")).toBe(0);
});

test("comments and literals are told from code, also where quotes mislead", () => {
  const source = 'const a = /"[/]/; // tail "\nconst b = `x ${c /* in */} y`; /* "*/ d();';
  const { code, comments } = takeApart("x.ts", source);
  expect(code.replace(/ +/g, " ")).toBe("const a = ; \nconst b = c ; d();");
  expect(comments.replace(/ +/g, " ").trim()).toBe('// tail "\n /* in */ /* "*/');
  expect(takeApart("x.ts", '/** 🏝 */ const x = "🏝"; y();').code.trim()).toBe(
    "const x =     ; y();",
  );
});

test("the report sees what is long and breaks no rule", () => {
  const long = `export function f() {\n${"  x();\n".repeat(59)}}\n`;
  const tree = new Map([
    ["src/lib/a.ts", `// one\n${long}`],
    ["src/lib/b.ts", "x();\n".repeat(151)],
    ["test/unit/lib/a.test.ts", "y();\n".repeat(71)],
  ]);
  expect(report(tree)).toEqual([
    "src/lib/a.ts:2: f has 61 lines, aim 60",
    "src/lib/b.ts: 151 lines, aim 150",
    "src 213 lines, comments 0 % of them; test : src = 0.33",
  ]);
});
