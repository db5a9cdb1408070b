import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { randomBytes, SeededRandom } from "../../src/lib/mod.ts";
import { afterAll, describe, expect, test } from "../support/harness.ts";
import {
  type CommandResult,
  type NodeProcess,
  runCommand,
  scratch,
  startNode,
} from "../support/processes.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

const SLOW = { timeout: 90_000 };

/** `skerry run` and the commands that speak to it, as real processes on loopback. */
export function cliRunConformance(name: string, command: readonly string[]): void {
  describe(`a running node: ${name}`, () => {
    const folder = scratch("run");
    const nodes: NodeProcess[] = [];
    afterAll(async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      folder.remove();
    });
    const at = (...parts: string[]): string => join(folder.path, ...parts);
    const start = async (label: string, bootstrap: readonly string[] = []) => {
      const node = await startNode({ name: label, dataDir: at(label), bootstrap, command });
      nodes.push(node);
      return node;
    };
    const skerry = (node: string, ...args: string[]): Promise<CommandResult> =>
      runCommand([...command, ...args, "--data", at(node)]);
    const document = (path: string) => JSON.parse(readFileSync(path, "utf8"));

    test("says where it is, keeps others out, and stops in order", async () => {
      const node = await start("alone");
      expect(node.uri).toMatch(/^skerry:\/\/[a-z2-7]{52}@127\.0\.0\.1:\d+$/);
      const file = at("alone", "node.json");
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(at("alone")).mode & 0o777).toBe(0o700);
      const said = document(file);
      expect(said.listening).toBe(node.uri);
      expect(said.admin).toBe(node.admin);
      const health = await fetch(`${node.gateway}/healthz`);
      expect(health.status).toBe(200);
      await health.text();

      const second = await skerry("alone", "run", "--network", "dev", "--http", "127.0.0.1:0");
      expect(second.code).toBe(1);
      expect(second.stderr).toContain(`in use: a node (pid ${said.pid}, ${node.uri})`);
      expect(second.stderr.trim().split("\n").length).toBe(1);
      expect((await skerry("alone", "status")).code).toBe(0);

      const stoppedAt = performance.now();
      expect(await node.stop()).toBe(0);
      expect(performance.now() - stoppedAt).toBeLessThan(10_000);
      expect(existsSync(file)).toBe(false);
      expect((await skerry("alone", "status")).code).toBe(4);
    }, SLOW);

    test("killed with -9 it starts again as the same node at the same port", async () => {
      const first = await start("killed");
      const path = at("file.txt");
      writeFileSync(path, "published before the kill");
      const published = await skerry("killed", "publish", path, "--json");
      expect([published.code, published.stderr]).toEqual([0, ""]);
      const { link } = JSON.parse(published.stdout).items[0];
      await first.kill();
      const dead = await skerry("killed", "status");
      expect(dead.code).toBe(4);
      expect(dead.stderr).toContain("does not answer");
      const again = await start("killed");
      expect(again.uri).toBe(first.uri);
      const got = await skerry("killed", "get", link, "-o", "-");
      expect([got.code, got.stdout]).toEqual([0, "published before the kill"]);
      expect(await again.stop()).toBe(0);
    }, SLOW);

    test("a damaged database keeps a node from starting, and nothing is thrown away", async () => {
      await (await start("torn")).stop();
      const path = at("torn", "store", "index.db");
      const torn = Buffer.from(randomBytes(new SeededRandom(3), 5000));
      writeFileSync(path, torn);
      const http = ["--http", "127.0.0.1:0"];
      const result = await skerry("torn", "run", "--network", "dev", ...http);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(`${path}: it is not an SQLite database`);
      expect(result.stderr.trim().split("\n").length).toBe(1);
      expect(readFileSync(path).equals(torn)).toBe(true);
    }, SLOW);

    test("a UDP port that is taken is one sentence", async () => {
      const socket = createSocket("udp4");
      await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
      const udp = `127.0.0.1:${socket.address().port}`;
      const flags = ["--network", "dev", "--http", "127.0.0.1:0", "--udp", udp];
      const result = await skerry("taken", "run", ...flags);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(
        `UDP 127.0.0.1 port ${socket.address().port}: it is already in use`,
      );
      expect(result.stderr.trim().split("\n").length).toBe(1);
      socket.close();
      const far = await skerry(
        "far",
        "run",
        "--network=dev",
        "--http=127.0.0.1:0",
        "--udp=192.0.2.1:9",
      );
      expect([far.code, far.stderr]).toEqual([
        2,
        "skerry: Cannot open UDP 192.0.2.1 port 9: this machine has no such address; choose one " +
        "that it has, or 0.0.0.0 for all\n",
      ]);
    }, SLOW);

    test("what one node publishes, another gets: files, trees, parts of trees", async () => {
      const a = await start("a");
      const b = await start("b", [a.uri]);
      const big = randomBytes(new SeededRandom(1), 5_000_003);
      mkdirSync(at("tree", "sub"), { recursive: true });
      writeFileSync(at("big.bin"), big);
      writeFileSync(at("tree", "index.html"), "<h1>hello</h1>");
      writeFileSync(at("tree", "sub", "ünï cödé.txt"), "text");
      writeFileSync(at("tree", "empty"), "");
      const published = await skerry("a", "publish", at("big.bin"), at("tree"), "--json");
      expect([published.code, published.stderr]).toEqual([0, ""]);
      const [file, tree] = JSON.parse(published.stdout).items;
      expect(file.size).toBe(big.length);
      expect(file.chunks).toBe(5);
      expect(file.holders).toBe(1);
      expect(file.url).toBe(`${a.gateway}/file/${file.link}`);

      expect((await skerry("b", "get", file.meta, "-o", at("got.bin"))).code).toBe(0);
      expect(Buffer.compare(readFileSync(at("got.bin")), big)).toBe(0);
      const whole = await skerry("b", "get", tree.link, "-o", at("got"), "--json");
      expect([whole.code, whole.stderr]).toEqual([0, ""]);
      expect(JSON.parse(whole.stdout).files).toBe(3);
      expect(readdirSync(at("got")).sort()).toEqual(["empty", "index.html", "sub"]);
      expect(readFileSync(at("got", "sub", "ünï cödé.txt"), "utf8")).toBe("text");
      const part = await skerry("b", "get", `${tree.link}/sub/ünï cödé.txt`, "-o", "-");
      expect([part.code, part.stdout]).toEqual([0, "text"]);
      const byUrl = `${b.gateway}/file/${tree.link}/index.html`;
      expect((await skerry("b", "get", byUrl, "-o", "-")).stdout).toBe("<h1>hello</h1>");
      const kept = await skerry("b", "get", tree.link, "-o", at("got"), "--json");
      expect(JSON.parse(kept.stdout).keptFiles).toBe(3);
    }, SLOW);

    test("tables and traces tell what is there", async () => {
      const { link } = JSON.parse((await skerry("a", "publish", at("tree"), "--json")).stdout)
        .items[0];
      const status = JSON.parse((await skerry("b", "status", "--json")).stdout);
      expect(status.peers).toBe(1);
      expect(status.store.bytes).toBeGreaterThan(5_000_000);
      const { peers } = JSON.parse((await skerry("b", "peers", "--json")).stdout);
      expect(peers.length).toBe(1);
      expect(peers[0].nodeId).toBe(document(at("a", "node.json")).nodeId);
      const { entries } = JSON.parse((await skerry("b", "store", "--limit", "2", "--json")).stdout);
      expect(entries.length).toBe(2);
      const trace = await skerry("b", "trace", link, "--json");
      expect([trace.code, JSON.parse(trace.stdout).found]).toEqual([0, true]);
      const doctor = JSON.parse((await skerry("b", "doctor", "--json")).stdout);
      expect(doctor.checks.some((check: { name: string }) => check.name === "reachability"))
        .toBe(true);
      for (const table of ["status", "peers", "store"]) {
        const text = await skerry("b", table);
        expect([text.code, text.stderr]).toEqual([0, ""]);
        expect(text.stdout.trim()).not.toBe("");
      }
    }, SLOW);

    test("what cannot be had is one sentence and its exit code", async () => {
      const unknown = "f".repeat(40);
      const failures: [string[], number, string][] = [
        [["get", unknown, "-o", at("x")], 3, unknown],
        [["get", "nonsense", "-o", at("x")], 2, '"nonsense"'],
        [["publish", at("not there")], 1, at("not there")],
        [["get", unknown.slice(1), "-o", at("x")], 2, "names nothing"],
        [["trace", "x"], 2, '"x"'],
        [["peers", "--sort", "adress"], 2, "did you mean address"],
      ];
      for (const [args, code, part] of failures) {
        const result = await skerry("b", ...args);
        expect([args, result.code]).toEqual([args, code]);
        expect(result.stderr).toContain(part);
        expect(result.stderr.trim().split("\n").length).toBe(1);
        expect(result.stdout).toBe("");
      }
      const traced = await skerry("b", "trace", unknown, "--json");
      expect([traced.code, JSON.parse(traced.stdout).found]).toEqual([3, false]);
      mkdirSync(at("bad"));
      writeFileSync(at("bad", "line\nbreak"), "");
      const refused = await skerry("a", "publish", at("bad"), "--json");
      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.stdout).error.message).toContain("line\\u{a}break");
    }, SLOW);

    test("who publishes rules that are none is told what their readers would be", async () => {
      mkdirSync(at("ruled"));
      writeFileSync(at("ruled", "_redirects"), "/old /new\n/x /y 301!\n");
      const published = await skerry("a", "publish", at("ruled"), "--json");
      expect(published.code).toBe(0);
      const { link, warnings } = JSON.parse(published.stdout).items[0];
      const [{ line, found }] = warnings;
      expect(published.stderr).toContain(`  _redirects line 2: ${found}; leave out the !`);
      const { port } = new URL(document(at("a", "node.json")).gateway);
      const { text } = await RawClient.ask(
        Number(port),
        `GET /old HTTP/1.1\r\nHost: ${link}.localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(parseResponses(text)[0]?.status).toBe(500);
      expect(text).toContain(`line ${line}: ${found}`.replaceAll('"', '\\"'));
    }, SLOW);

    test("a get that is killed goes on from what it has", async () => {
      const bytes = randomBytes(new SeededRandom(2), 48 * 2 ** 20);
      writeFileSync(at("long.bin"), bytes);
      const published = await skerry("a", "publish", at("long.bin"), "--json");
      const { link } = JSON.parse(published.stdout).items[0];
      const args = ["get", link, "-o", at("long.got"), "--data", at("b")];
      const [program = "", ...rest] = [...command, ...args];
      const child = spawn(program, rest, { stdio: "ignore" });
      const closed = new Promise((resolve) => child.on("close", resolve));
      const part = at(`.skerry-${link}.part`);
      const partBytes = (): number => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
      while (!existsSync(at("long.got")) && partBytes() <= 2 ** 22) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      process.kill(child.pid ?? 0, "SIGKILL");
      await closed;
      const again = await skerry("b", ...args.slice(0, 4));
      const logs = again.code === 0 ? "" : nodes.map(({ log }) => log()).join("\n");
      expect([again.code, again.stderr, logs]).toEqual([0, "", ""]);
      expect(Buffer.compare(readFileSync(at("long.got")), bytes)).toBe(0);
      expect(existsSync(part)).toBe(false);
    }, SLOW);
  });
}
