import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { expectSentence } from "../../support/expect_sentence.ts";
import {
  type CommandResult,
  type NodeProcess,
  runCommand,
  scratch,
  skerry,
  skerryCommand,
  startNode,
} from "../../support/processes.ts";
import { TLS_VECTORS } from "../../support/tls_pairs.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 60_000 };

describe("what goes wrong on a user's machine", () => {
  const folder = scratch("wrong");
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  const running: NodeProcess[] = [];
  const start = async (name: string, flags: readonly string[] = []): Promise<NodeProcess> => {
    const node = await startNode({ name, dataDir: at(name), flags });
    running.push(node);
    return node;
  };
  const run = (dataDir: string, ...flags: string[]): Promise<CommandResult> => {
    const addresses = ["--udp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    const args = ["run", "--network", "dev", "--data", dataDir, ...addresses, ...flags];
    return runCommand([...skerryCommand(), ...args], { timeoutMs: 20_000 });
  };
  /** A node that has published something and was stopped. */
  const stopped = async (name: string): Promise<string> => {
    const node = await start(name);
    writeFileSync(at("small"), "small".repeat(10));
    writeFileSync(at("large"), new Uint8Array(3 * MIB).fill(1));
    for (const path of [at("small"), at("large")]) {
      expect((await skerry(node.dataDir, "publish", path)).code).toBe(0);
    }
    expect(await node.stop()).toBe(0);
    return node.dataDir;
  };
  let whole = "";

  beforeAll(async () => {
    whole = await stopped("whole");
  }, SLOW);
  afterAll(async () => {
    await Promise.all(running.map((node) => node.kill()));
    folder.remove();
  }, SLOW);

  test("a second node on the same data directory", async () => {
    const first = await start("shared");
    const second = await run(first.dataDir);
    expectSentence(second, 1, first.dataDir, `pid ${first.pid}`, first.uri, "--data");
    // The first one is not the worse for it.
    expect((await skerry(first.dataDir, "status", "--json")).code).toBe(0);
    expect(await first.stop()).toBe(0);
  }, SLOW);

  test("after kill -9 the data directory is free, and commands say that no node runs", async () => {
    const first = await start("killed");
    await first.kill();
    expectSentence(await skerry(first.dataDir, "status"), 4, "No node");
    const second = await start("killed");
    expect((await skerry(second.dataDir, "status")).code).toBe(0);
    expect(await second.stop()).toBe(0);
  }, SLOW);

  test("a port in use: UDP, gateway, admin", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    const server = createServer().listen(0, "127.0.0.1");
    await Promise.all([once(socket, "listening"), once(server, "listening")]);
    const udp = `127.0.0.1:${socket.address().port}`;
    const tcp = `127.0.0.1:${(server.address() as { port: number }).port}`;
    expectSentence(await run(at("ports"), "--udp", udp), 1, udp.slice(10));
    expectSentence(await run(at("ports"), "--http", tcp), 1, tcp.slice(10));
    expectSentence(await run(at("ports"), "--admin", tcp), 1, tcp.slice(10));
    socket.close();
    server.close();
    const node = await start("ports"); // nothing of the failed starts is in the way
    expect(await node.stop()).toBe(0);
  }, SLOW);

  test("an address that this machine does not have", async () => {
    expectSentence(await run(at("address"), "--udp", "192.0.2.1:0"), 2, "192.0.2.1");
    const bound = await run(at("address"), "--http", "192.0.2.1:0", "--serve", "open");
    expectSentence(bound, 2, "192.0.2.1");
  }, SLOW);

  test("a data directory of another network", async () => {
    const other = await run(whole, "--network", "main");
    expectSentence(other, 1, whole, "network dev", "main");
  }, SLOW);

  test("without its identity.json a node has a new key and keeps what it published", async () => {
    cpDirectory(whole, at("stranger"));
    const before = JSON.parse(readFileSync(at("stranger", "identity.json"), "utf8"));
    rmSync(at("stranger", "identity.json"));
    const node = await start("stranger");
    expect(readFileSync(at("stranger", "identity.json"), "utf8")).not.toContain(before.seed);
    const { entries } = JSON.parse((await skerry(node.dataDir, "store", "--json")).stdout);
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.every((entry: { pinned: boolean }) => entry.pinned)).toBe(true);
    expect(await node.stop()).toBe(0);
  }, SLOW);

  test("a damaged identity.json", async () => {
    cpDirectory(whole, at("identity"));
    const path = at("identity", "identity.json");
    const good = readFileSync(path, "utf8");
    const record = JSON.parse(good);
    const damage: Readonly<Record<string, string>> = {
      "": "empty",
      [good.slice(0, 60)]: "cut",
      "[]": "no object",
      [JSON.stringify({ ...record, v: 99 })]: "of a later version",
      [JSON.stringify({ ...record, network: 7 })]: "with a wrong type",
    };
    for (const [text, how] of Object.entries(damage)) {
      writeFileSync(path, text);
      const result = await run(at("identity"));
      expect([how, result.code]).toEqual([how, 1]);
      expectSentence(result, 1, path);
      expect(readFileSync(path, "utf8")).toBe(text); // it may be all there is of the key
    }
    writeFileSync(path, good);
    expect(await (await start("identity")).stop()).toBe(0);
  }, SLOW);

  test("a damaged database: no SQLite, overwritten pages, cut short", async () => {
    for (const database of ["index.db", "small.db"]) {
      const path = at("database", "store", database);
      const attempt = async (how: string, damage: (path: string) => void): Promise<void> => {
        execFileSync("rm", ["-rf", at("database")]);
        cpDirectory(whole, at("database"));
        damage(path);
        const before = readFileSync(path);
        const result = await run(at("database"));
        expect([database, how, result.code, result.stderr]).toEqual(
          [database, how, 1, expect.stringContaining(path)],
        );
        expectSentence(result, 1, path, "Move the file away");
        expect(readFileSync(path).equals(before)).toBe(true);
      };
      await attempt("no SQLite", (file) => writeFileSync(file, "not a database ".repeat(1000)));
      await attempt("overwritten pages", (file) => {
        const handle = openSync(file, "r+");
        const size = readFileSync(file).length;
        for (let at = 4096; at < size; at += 4096) {
          writeSync(handle, Buffer.alloc(2048, 0x5a), 0, 2048, at);
        }
      });
      await attempt("cut short", (file) => {
        writeFileSync(file, readFileSync(file).subarray(0, 4096 + 100));
      });
    }
  }, SLOW);

  test("after the damaged index is moved away, as the message says, the node starts", async () => {
    cpDirectory(whole, at("moved"));
    writeFileSync(at("moved", "store", "index.db"), "damaged");
    expectSentence(await run(at("moved")), 1, "Move the file away");
    execFileSync("mv", [at("moved", "store", "index.db"), at("index.db.damaged")]);
    const node = await start("moved");
    expect((await skerry(node.dataDir, "publish", at("large"))).code).toBe(0);
    expect(await node.stop()).toBe(0);
  }, SLOW);

  test("a full disk refuses what does not fit, keeps what it has, and lives on", async () => {
    const disk = at("disk");
    mkdirSync(disk);
    const inSmallDisk = [
      ...["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"],
      `mount -t tmpfs -o size=40m none ${disk} && exec "$@"`,
      "sh",
    ];
    if ((await runCommand([...inSmallDisk, "true"]).catch(() => undefined))?.code !== 0) {
      console.warn("no small disk can be mounted here: the full disk is left out");
      return;
    }
    const node = await startNode({
      ...{ name: "disk", dataDir: disk, flags: ["--store-bytes", "10GiB"] },
      command: [...inSmallDisk, ...skerryCommand()],
    });
    running.push(node);
    const seen = `/proc/${node.pid}/root${disk}`; // the mount is the node's own
    writeFileSync(at("fits"), new Uint8Array(8 * MIB).fill(2));
    writeFileSync(at("too large"), new Uint8Array(64 * MIB).map((_, i) => i >> 20));
    expect((await skerry(seen, "publish", at("fits"))).code).toBe(0);
    const refused = await skerry(seen, "publish", at("too large"));
    expectSentence(refused, 5, "disk is full");
    const { items: [item] } = JSON.parse(
      (await skerry(seen, "publish", at("fits"), "--json")).stdout,
    );
    expect((await skerry(seen, "get", item.link, "-o", at("fits again"))).code).toBe(0);
    expect(readFileSync(at("fits again")).equals(readFileSync(at("fits")))).toBe(true);
    expect(await node.stop()).toBe(0);
    expect(node.log()).not.toMatch(/\n\s+at /);
  }, SLOW);

  test("a UDP port that another program has, where HTTP/3 should be: doctor finds it", async () => {
    const other = createSocket("udp4").bind(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address();
    const [cert, key] = ["one_cert.pem", "one_key.pem"].map((name) => join(TLS_VECTORS, name));
    const tls = ["--tls-cert", cert ?? "", "--tls-key", key ?? "", "--http3"];
    const flags = ["--network", "dev", "--http", `127.0.0.1:${port}`, ...tls];
    const http3Line = async () =>
      /^.*http3 port.*$/m.exec((await skerry(at("none"), "doctor", ...flags)).stdout)?.[0];
    expect(await http3Line()).toMatch(/^FAILED {3}http3 port .*UDP.*already in use/);
    other.close();
    expect(await http3Line()).toMatch(/^ok {7}http3 port .* free by UDP/);
  }, SLOW);

  test("a quota that is too small is named, with what would help", async () => {
    const node = await start("quota", ["--store-bytes", "16MiB"]);
    writeFileSync(at("beyond"), new Uint8Array(24 * MIB).map((_, i) => i >> 20));
    const refused = await skerry(node.dataDir, "publish", at("beyond"));
    const [warning = "", ...rest] = refused.stderr.split("\n"); // said before it is read
    expect(warning).toContain("24.0 MiB, the store room for 16.0 MiB");
    expectSentence({ ...refused, stderr: rest.join("\n") }, 5, "store");
    writeFileSync(at("within"), new Uint8Array(12 * MIB).map((_, i) => 0x80 | i >> 20));
    const after = await skerry(node.dataDir, "publish", at("within"));
    expect([after.code, after.stderr]).toEqual([0, ""]); // the refused one left nothing pinned
    expect(await node.stop()).toBe(0);
  }, SLOW);
});

function cpDirectory(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}
