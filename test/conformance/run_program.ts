import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromUtf8 } from "../../src/lib/mod.ts";
import type { RunProgram } from "../../src/ports/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";

const LIMITS = { timeoutMs: 10_000, outputBytesMax: 1_000 };

/** The law of ports/run_program.ts, to be kept on every runtime. */
export function runProgramConformance(name: string, run: RunProgram) {
  describe(`RunProgram law: ${name}`, () => {
    let folder = "";
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-program-"))));
    afterAll(() => rm(folder, { recursive: true, force: true }));
    let scripts = 0;
    const script = async (text: string): Promise<string> => {
      const path = join(folder, `program-${++scripts}`);
      await writeFile(path, `#!/bin/sh\n${text}\n`);
      await chmod(path, 0o755);
      return path;
    };
    const isGone = async (pidFile: string): Promise<boolean> => {
      const pid = (await readFile(pidFile, "utf8")).trim();
      for (let turn = 0; turn < 500; turn++) {
        const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone");
        if (state === "gone" || /\) Z /.test(state)) return true;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return false;
    };

    test("a program gets its input and gives its output, byte for byte", async () => {
      const found = await run(await script("cat; echo careful >&2"), "ä $(id) `id`\n", LIMITS);
      expect(fromUtf8(found.stdout)).toBe("ä $(id) `id`\n");
      expect([found.end, found.exitCode, found.stderr]).toEqual(["exited", 0, "careful\n"]);
    });

    test("its exit code is told; one that reads nothing is no failure", async () => {
      const input = "x".repeat(300_000);
      expect(await run(await script("exit 3"), input, LIMITS)).toMatchObject({
        end: "exited",
        exitCode: 3,
      });
      expect((await run(await script("kill -9 $$"), "", LIMITS)).exitCode).toBe(137);
    });

    test("one that writes without end is stopped at the bound", async () => {
      const found = await run(await script("while :; do echo 0123456789; done"), "", LIMITS);
      expect(found.end).toBe("too_long");
      expect(found.stdout.length).toBeLessThanOrEqual(1_000);
    });

    test("one that is too slow is killed, and what it started too", async () => {
      const pidFile = join(folder, "pid");
      const path = await script(`sleep 60 & echo $! > ${pidFile}; wait`);
      const found = await run(path, "", { ...LIMITS, timeoutMs: 300 });
      expect(found.end).toBe("timed_out");
      expect(await isGone(pidFile)).toBe(true);
    });

    test("nobody waits for what a program leaves behind, and it is ended", async () => {
      const pidFile = join(folder, "pid-left");
      const path = await script(`sleep 60 & echo $! > ${pidFile}; echo done`);
      const found = await run(path, "", LIMITS);
      expect([found.end, fromUtf8(found.stdout)]).toEqual(["exited", "done\n"]);
      expect(await isGone(pidFile)).toBe(true);
    });

    test("what is not there, or no program, is not started, and the log can say why", async () => {
      const plain = join(folder, "plain");
      await writeFile(plain, "no program");
      for (const path of [join(folder, "none"), plain]) {
        const found = await run(path, "", LIMITS);
        expect(found.end).toBe("not_started");
        expect(found.stderr.length).toBeGreaterThan(0);
      }
    });
  });
}
