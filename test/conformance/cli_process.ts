import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "../support/harness.ts";
import { type CommandResult, runCommand, scratch } from "../support/processes.ts";

const SLOW = { timeout: 60_000 };

/** The command line as real processes: what needs no network. @param command how to start it. */
export function cliProcessConformance(name: string, command: readonly string[]): void {
  describe(`skerry as a process: ${name}`, () => {
    const folder = scratch("cli");
    afterAll(folder.remove);
    const at = (...parts: string[]): string => join(folder.path, ...parts);
    const skerry = (...args: string[]): Promise<CommandResult> => runCommand([...command, ...args]);
    const start = (...args: string[]): ChildProcess => {
      const [program = "", ...rest] = [...command, ...args];
      return spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
    };
    const ended = (child: ChildProcess): Promise<number | null> =>
      new Promise((resolve) => child.on("close", (code) => resolve(code)));
    // Not child.kill(): Deno then reports that signal, whatever the process exited with.
    const send = (child: ChildProcess, signal: "SIGKILL" | "SIGINT" | "SIGTERM"): void =>
      void process.kill(child.pid ?? 0, signal);

    /** A failure is one sentence on stderr, without a stack and with nothing on stdout. */
    const expectFailure = (result: CommandResult, code: number, part: string): void => {
      expect([result.code, result.stdout]).toEqual([code, ""]);
      expect(result.stderr).toContain(part);
      expect(result.stderr.startsWith("skerry: ")).toBe(true);
      expect(result.stderr.trim().split("\n").length).toBe(1);
      expect(result.stderr).not.toMatch(/\n\s+at |internal error/);
    };

    test("version and help exit with 0", async () => {
      const version = await skerry("version");
      expect(version.code).toBe(0);
      expect(version.stdout).toMatch(
        /^skerry \d+\.\d+\.\d+ \(commit \w+, \w+ [\d.]+, \w+-\w+\)\n$/,
      );
      const help = await skerry("--help");
      expect(help.code).toBe(0);
      expect(help.stdout).toContain("Usage: skerry");
    }, SLOW);

    test("wrong usage exits with 2 and names what was meant", async () => {
      expectFailure(await skerry(), 2, "no command");
      expectFailure(await skerry("rum"), 2, "did you mean run?");
      expectFailure(await skerry("run", "--bootstarp", "x"), 2, "did you mean --bootstrap?");
      expectFailure(await skerry("run", "--udp", "nonsense"), 2, '--udp: "nonsense" must be');
      expectFailure(await skerry("run", "--http", "0.0.0.0:80"), 2, "--serve open, allowlist");
      writeFileSync(at("wrong.toml"), 'udpp = "x"');
      const file = await skerry("run", "--config", at("wrong.toml"));
      expectFailure(file, 2, 'unknown key "udpp"; did you mean "udp"?');
      expectFailure(await skerry("id", "--config", at("none.toml")), 1, at("none.toml"));
    }, SLOW);

    test("id creates a key that only its owner can read, and shows it again", async () => {
      const args = ["id", "--network", "dev", "--data", at("id"), "--json"];
      const first = await skerry(...args);
      expect([first.code, first.stderr]).toEqual([0, ""]);
      expect(statSync(at("id")).mode & 0o777).toBe(0o700);
      expect(statSync(at("id", "identity.json")).mode & 0o777).toBe(0o600);
      const again = await skerry("id", "--data", at("id"), "--json");
      expect(again.stdout).toBe(first.stdout);
      const ranked = await skerry(...args, "--target-rank", "10");
      expect(JSON.parse(ranked.stdout).rank).toBeGreaterThanOrEqual(10);
      expect(JSON.parse(ranked.stdout).nodeId).toBe(JSON.parse(first.stdout).nodeId);
    }, SLOW);

    test("a data directory of another network is refused, and kept as it is", async () => {
      await skerry("id", "--network", "dev", "--data", at("dev"));
      const before = readFileSync(at("dev", "identity.json"), "utf8");
      const args = ["run", "--network", "main", "--data", at("dev"), "--http", "127.0.0.1:0"];
      expectFailure(await skerry(...args), 1, "belongs to network dev, not main");
      expect(readFileSync(at("dev", "identity.json"), "utf8")).toBe(before);
    }, SLOW);

    test("a damaged identity is refused, and kept as it is", async () => {
      await skerry("id", "--network", "dev", "--data", at("damaged"));
      const path = at("damaged", "identity.json");
      const torn = readFileSync(path, "utf8").slice(0, 100);
      writeFileSync(path, torn);
      for (const args of [["id"], ["run", "--network", "dev", "--http", "127.0.0.1:0"]]) {
        const result = await skerry(...args, "--data", at("damaged"));
        expectFailure(result, 1, `${path} is not JSON (cut short?)`);
      }
      expect(readFileSync(path, "utf8")).toBe(torn);
    }, SLOW);

    test("without a running node: 4", async () => {
      const commands = [["status"], ["peers"], ["store"], ["trace", "a".repeat(40)]];
      const content = [["publish", at("wrong.toml")], ["get", "a".repeat(40), "-o", at("x")]];
      for (const args of [...commands, ...content]) {
        expectFailure(await skerry(...args, "--data", at("nobody")), 4, "No node runs on");
      }
      expect(existsSync(at("nobody"))).toBe(false);
    }, SLOW);

    test("doctor reads everything, writes nothing, and is JSON when asked", async () => {
      const args = ["doctor", "--network", "dev", "--data", at("doctor"), "--http", "127.0.0.1:0"];
      const result = await skerry(...args, "--json");
      expect([result.code, result.stderr]).toEqual([0, ""]);
      const { checks } = JSON.parse(result.stdout);
      expect(checks.map((check: { name: string }) => check.name)).toContain("udp buffers");
      expect(existsSync(at("doctor"))).toBe(false);
    }, SLOW);

    test("a taken port is one sentence, and doctor finds it", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.on("listening", resolve));
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const http = `127.0.0.1:${port}`;
      const args = ["--network", "dev", "--data", at("port"), "--http", http];
      expectFailure(await skerry("run", ...args), 1, `port ${port}`);
      const doctor = await skerry("doctor", ...args);
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(/^FAILED {3}gateway port/m);
      server.close();
    }, SLOW);

    test("a directory that cannot be made or read is named", async () => {
      writeFileSync(at("file"), "");
      expectFailure(await skerry("id", "--data", at("file", "sub")), 1, at("file", "sub"));
      if (process.getuid?.() === 0) return; // nothing is unreadable to root
      mkdirSync(at("closed"));
      chmodSync(at("closed"), 0);
      expectFailure(await skerry("id", "--data", at("closed", "sub")), 1, at("closed", "sub"));
    }, SLOW);

    test("a search killed with -9 goes on where it was, with the same key", async () => {
      const path = at("mine", "identity.json");
      const args = ["id", "--network", "dev", "--data", at("mine"), "--target-rank", "50"];
      const triesOf = (): number =>
        existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).search.rank.tries : 0;
      const until = async (tries: number): Promise<void> => {
        while (triesOf() <= tries) await new Promise((resolve) => setTimeout(resolve, 50));
      };
      const first = start(...args);
      await until(0);
      send(first, "SIGKILL");
      await ended(first);
      const killed = JSON.parse(readFileSync(path, "utf8"));
      expect(killed.search.rank.tries).toBeGreaterThan(0);
      const second = start(...args);
      await until(killed.search.rank.tries);
      send(second, "SIGINT");
      expect(await ended(second)).toBe(130);
      const after = JSON.parse(readFileSync(path, "utf8"));
      expect(after.seed).toBe(killed.seed);
      expect(BigInt(after.search.rank.next)).toBeGreaterThan(BigInt(killed.search.rank.next));
      expect(after.rank).toBeGreaterThanOrEqual(killed.rank);
      // The lock of the killed one died with it, so this one is not refused.
      expect((await skerry("id", "--data", at("mine"), "--target-rank", "1")).code).toBe(0);
    }, SLOW);

    test("two searches on one directory: the second is refused", async () => {
      await skerry("id", "--network", "dev", "--data", at("twice"));
      const args = ["id", "--network", "dev", "--data", at("twice"), "--target-rank", "50"];
      const first = start(...args);
      const path = at("twice", "identity.json");
      while (JSON.parse(readFileSync(path, "utf8")).search.rank.tries === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expectFailure(await skerry(...args), 1, "is in use: another skerry");
      send(first, "SIGTERM");
      expect(await ended(first)).toBe(130);
    }, SLOW);

    test("a reader that goes away does not make it fail", async () => {
      const [program = "", ...rest] = command;
      const line = [program, ...rest, "run", "--help"].map((part) => `'${part}'`).join(" ");
      const result = await runCommand(["sh", "-c", `${line} | head -1`]);
      expect([result.code, result.stderr]).toEqual([0, ""]);
      expect(result.stdout).toContain("Usage");
    }, SLOW);

    test("an answer that gets lost on a full disk is a failure", async () => {
      if (!existsSync("/dev/full")) return;
      const [program = "", ...rest] = command;
      const line = [program, ...rest, "run", "--help"].map((part) => `'${part}'`).join(" ");
      const result = await runCommand(["sh", "-c", `${line} > /dev/full`]);
      expect(result.code).not.toBe(0);
    }, SLOW);
  });
}
