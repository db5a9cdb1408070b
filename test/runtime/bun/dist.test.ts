import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { runCommand, startNode } from "../../support/processes.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const SOURCES = [
  ".ci",
  "Makefile",
  "bun.lock",
  "bunfig.toml",
  "package.json",
  "src",
  "tsconfig.json",
];
const COMMIT = "0123456789ab";
const EMULATOR = "/usr/bin/qemu-aarch64-static";
const ARM64_LIBRARIES = "/usr/aarch64-linux-gnu";
const HEX64 = expect.stringMatching(/^[0-9a-f]{64}$/);
const BUILD_TIMEOUT_MS = 120_000;

const scratch = mkdtempSync(join(tmpdir(), "skerry-dist-"));

const LINUX = ["skerry-linux-x64", "skerry-linux-arm64"];

/** `make dist` in a copy of the tree at `folder`; the text of its SHA256SUMS. */
function dist(folder: string, ...settings: string[]): string {
  mkdirSync(folder, { recursive: true });
  for (const name of SOURCES) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const made = spawnSync("make", ["dist", `COMMIT=${COMMIT}`, ...settings], {
    cwd: folder,
    encoding: "utf8",
  });
  expect([made.status, made.status === 0 ? "" : made.stderr]).toEqual([0, ""]);
  return readFileSync(join(folder, "dist/SHA256SUMS"), "utf8");
}

function run(command: string, ...parameters: string[]) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: scratch };
  return spawnSync(command, parameters, { cwd: scratch, env, encoding: "utf8" });
}

describe("the distributed executables", () => {
  const first = join(scratch, "first");
  let sums = "";

  beforeAll(() => {
    sums = dist(first);
  }, BUILD_TIMEOUT_MS);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test("two builds of one commit are the same bytes, wherever they are made", () => {
    const lines = sums.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^[0-9a-f]{64} {2}/, "")))
      .toEqual([...LINUX, "skerry-darwin-arm64", "skerry-windows-x64.exe"]);
    const again = dist(join(scratch, "second/and/deeper"), `DIST=${LINUX.join(" ")}`);
    expect(again.trimEnd().split("\n")).toEqual(lines.slice(0, 2));
  }, BUILD_TIMEOUT_MS);

  test("what is not run here is at least of its system's form", () => {
    const magic = (name: string): string => {
      const file = openSync(join(first, "dist", name), "r");
      const bytes = Buffer.alloc(4);
      readSync(file, bytes, 0, 4, 0);
      closeSync(file);
      return bytes.toString("hex");
    };
    expect(magic("skerry-darwin-arm64")).toBe("cffaedfe"); // Mach-O, 64 bit
    expect(magic("skerry-windows-x64.exe").slice(0, 4)).toBe("4d5a"); // MZ
  });

  test("the sums are those of the files", () => {
    const checked = spawnSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
      cwd: join(first, "dist"),
    });
    expect(checked.status).toBe(0);
  });

  test("each runs, whatever lies in the directory it is started in", () => {
    writeFileSync(join(scratch, "bunfig.toml"), 'preload = ["./stranger.ts"]\n');
    writeFileSync(join(scratch, "stranger.ts"), 'console.log("in");\n');
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      version: string;
    };
    const expectToRun = (cpu: string, command: string, ...parameters: string[]): void => {
      const shown = run(command, ...parameters, "version", "--json");
      expect([shown.status, shown.stderr]).toEqual([0, ""]);
      const want = { version, commit: COMMIT, target: `linux-${cpu}` };
      expect(JSON.parse(shown.stdout)).toMatchObject(want);
      // A new identity needs the worker inside the executable, SQLite and the disk.
      const data = join(scratch, `data-${cpu}`);
      const made = run(command, ...parameters, "id", "--network", "dev", "--json", "--data", data);
      expect([made.status, made.stderr]).toEqual([0, ""]);
      expect(JSON.parse(made.stdout)).toMatchObject({ network: "dev", publicKey: HEX64 });
    };
    if (process.arch === "x64") expectToRun("x64", join(first, "dist/skerry-linux-x64"));
    const arm64 = join(first, "dist/skerry-linux-arm64");
    if (process.arch === "arm64") return expectToRun("arm64", arm64);
    if (existsSync(EMULATOR) && existsSync(`${ARM64_LIBRARIES}/lib/libc.so.6`)) {
      return expectToRun("arm64", EMULATOR, "-L", ARM64_LIBRARIES, arm64);
    }
    console.log("arm64 not run: needs Debian's qemu-user-static and libc6-arm64-cross");
  }, BUILD_TIMEOUT_MS);

  const canEmulate = existsSync(EMULATOR) && existsSync(`${ARM64_LIBRARIES}/lib/libc.so.6`);
  test.skipIf(process.arch !== "x64" || !canEmulate)("x64 and arm64 serve each other", async () => {
    const x64 = [join(first, "dist/skerry-linux-x64")];
    const arm64 = [EMULATOR, "-L", ARM64_LIBRARIES, join(first, "dist/skerry-linux-arm64")];
    const dataDir = (name: string): string => join(scratch, `node-${name}`);
    const x = await startNode({ name: "x", dataDir: dataDir("x"), command: x64 });
    try {
      const more = { bootstrap: [x.uri], command: arm64, startupMs: 60_000 };
      const arm = await startNode({ name: "arm", dataDir: dataDir("arm"), ...more });
      try {
        for (const [from, to] of [[x, arm], [arm, x]] as const) {
          const path = join(scratch, `from-${from.name}`);
          const bytes = randomBytes(2 ** 21 + 1);
          writeFileSync(path, bytes);
          const words = ["publish", path, "--json", "--data", from.dataDir];
          const { stdout } = await runCommand([...x64, ...words]);
          const answer = await fetch(`${to.gateway}/file/${JSON.parse(stdout).items[0].link}`);
          expect(bytes.equals(new Uint8Array(await answer.arrayBuffer()))).toBe(true);
        }
        expect(await arm.stop()).toBe(0);
      } finally {
        await arm.kill();
      }
    } finally {
      await x.kill();
    }
  }, BUILD_TIMEOUT_MS);
});
