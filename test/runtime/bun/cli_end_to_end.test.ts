import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { partName } from "../../../src/node/download/file_download.ts";
import { asStrongId, parseKey32 } from "../../../src/lib/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import { expectSentence } from "../../support/expect_sentence.ts";
import {
  type CommandResult,
  type NodeProcess,
  scratch,
  skerry,
  skerryCommand,
  startNode,
} from "../../support/processes.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 60_000 };

/** Everything a file system of ours allows and a careless program trips over. */
const TREE: Readonly<Record<string, Uint8Array>> = {
  "index.html": Buffer.from("<h1>hello</h1>"),
  "empty": new Uint8Array(),
  "zażółć gęślą jaźń 🌊": Buffer.from("wide"),
  "-rf": Buffer.from("a dash first"),
  ".hidden": Buffer.from("a dot first"),
  "100% #1? a&b <i>'\";$(x)": Buffer.from("for URLs, pages and shells"),
  "ends with a space ": Buffer.from("and not without"),
  "cafe\u0301": Buffer.from("decomposed"),
  "caf\u00e9": Buffer.from("composed: another name"),
  ["long".repeat(63) + "end"]: Buffer.from("255 bytes of name"),
  "one slice.bin": randomBytes(65_536),
  "sub/over a slice.bin": randomBytes(65_537),
  "sub/deeper/still/over a chunk.bin": randomBytes(MIB + 1),
  "sub/deeper/empty": new Uint8Array(),
};

/** A link within the tree counts as what it leads to: that many bytes come out of a get. */
const SHORTCUT_BYTES = MIB + 1;

const json = (result: CommandResult) => {
  expect([result.code, result.stderr]).toEqual([0, ""]);
  return JSON.parse(result.stdout);
};

const HEX40 = expect.stringMatching(/^[0-9a-f]{40}$/);
const HEX64 = expect.stringMatching(/^[0-9a-f]{64}$/);
const BASE32 = expect.stringMatching(/^[a-z2-7]{52}$/);
const LOOPBACK = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
const A_NUMBER = expect.any(Number);

describe("two nodes and their command lines", () => {
  const folder = scratch("end");
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  let a: NodeProcess, b: NodeProcess;
  let tree: { link: string; meta: string };

  beforeAll(async () => {
    a = await startNode({ name: "a", dataDir: at("a") });
    b = await startNode({ name: "b", dataDir: at("b"), bootstrap: [a.uri] });
    for (const [name, bytes] of Object.entries(TREE)) {
      mkdirSync(join(at("site"), name, ".."), { recursive: true });
      writeFileSync(join(at("site"), name), bytes);
    }
    mkdirSync(at("site", "nothing in it"));
    symlinkSync("sub/deeper", at("site", "shortcut"));
  }, SLOW);
  afterAll(async () => {
    await Promise.all([a.kill(), b.kill()]);
    folder.remove();
  }, SLOW);

  const publish = async (path: string, ...flags: string[]) =>
    json(await skerry(a.dataDir, "publish", path, "--json", ...flags)).items[0];

  test("publish --json says of a tree and of a file what the contract lists", async () => {
    const size = Object.values(TREE).reduce((sum, bytes) => sum + bytes.length, 0);
    const item = await publish(at("site"), "--wait", "1");
    expect(item).toEqual({
      path: at("site"),
      meta: HEX40,
      link: BASE32,
      size: size + SHORTCUT_BYTES,
      chunks: A_NUMBER,
      url: `${a.gateway}/file/${item.link}/`,
      holders: 1,
    });
    tree = item;
    const path = at("site", "sub/over a slice.bin");
    const file = await publish(path, "--chunks");
    const url = `${a.gateway}/file/${file.link}`;
    const says = { path, meta: HEX40, link: BASE32, fileRoot: HEX64, size: 65_537, chunks: 1 };
    expect(file).toEqual({ ...says, url, holders: 1, chunkIds: [HEX40] });
    const both = await skerry(a.dataDir, "publish", at("site"), path, "--json");
    expect(json(both).items.map((said: { link: string }) => said.link)).toEqual([
      item.link,
      file.link,
    ]);
  }, SLOW);

  test("publish list shows what was published once; unpublish lets go of it alone", async () => {
    writeFileSync(at("more.bin"), randomBytes(3 * MIB));
    const more = await publish(at("more.bin"));
    await publish(at("more.bin"));
    const listed = async () => json(await skerry(a.dataDir, "publish", "list", "--json"));
    const names = (said: { publications: { name: string }[] }) =>
      said.publications.map(({ name }) => name);
    const before = await listed();
    expect(names(before)).toEqual(["more.bin", "over a slice.bin", "site"]);
    expect(before.publications[0]).toEqual({
      ...{ meta: more.meta, link: more.link, name: "more.bin", size: 3 * MIB },
      publishedMs: A_NUMBER,
    });
    const status = async () => json(await skerry(a.dataDir, "status", "--json"));
    const former = await status();
    const said = json(await skerry(a.dataDir, "unpublish", more.link, "--json"));
    expect(said).toMatchObject({ meta: more.meta, objects: 4, shared: 0, orderEnded: false });
    const { store, announce } = await status();
    expect(former.store.pinnedBytes - store.pinnedBytes).toBe(said.bytes);
    expect(former.announce.keys - announce.keys).toBe(3); // its manifest stays, as cache
    // the file of its own goes; the tree has its objects too
    const file = before.publications[1].meta;
    expect(json(await skerry(a.dataDir, "unpublish", file, "--json")))
      .toMatchObject({ objects: 0, bytes: 0, shared: 2 });
    expect(names(await listed())).toEqual(["site"]);
    expectSentence(await skerry(a.dataDir, "unpublish", file), 3, file);
  }, SLOW);

  test("get recreates the tree on the other node, byte for byte", async () => {
    const got = json(await skerry(b.dataDir, "get", tree.link, "-o", at("out"), "--json"));
    expect(got).toMatchObject({ path: at("out"), kind: "directory", link: tree.link });
    expect(listing(at("out"))).toEqual(listing(at("site")));
    for (const [name, bytes] of Object.entries(TREE)) {
      expect([name, readFileSync(at("out", name)).equals(bytes)]).toEqual([name, true]);
    }
    // The same again costs nothing, by the short id as well; a changed file is not overwritten.
    const again = json(await skerry(b.dataDir, "get", tree.meta, "-o", at("out"), "--json"));
    expect(again.keptFiles).toBe(again.files);
    writeFileSync(at("out", ".hidden"), "mine");
    const refused = await skerry(b.dataDir, "get", tree.link, "-o", at("out"));
    expectSentence(refused, 1, at("out", ".hidden"));
    expect(readFileSync(at("out", ".hidden"), "utf8")).toBe("mine");
    json(await skerry(b.dataDir, "get", tree.link, "-o", at("out"), "--overwrite", "--json"));
    expect(readFileSync(at("out", ".hidden"), "utf8")).toBe("a dot first");
  }, SLOW);

  test("a path below the link, and standard output", async () => {
    const below = `${tree.link}/sub/deeper/still/over a chunk.bin`;
    json(await skerry(b.dataDir, "get", below, "-o", at("one.bin"), "--json"));
    const want = TREE["sub/deeper/still/over a chunk.bin"] ?? new Uint8Array();
    expect(readFileSync(at("one.bin")).equals(want)).toBe(true);
    const printed = await skerry(b.dataDir, "get", `${tree.link}/index.html`, "-o", "-");
    expect(printed).toEqual({ code: 0, stdout: "<h1>hello</h1>", stderr: "" });
    expectSentence(await skerry(b.dataDir, "get", `${tree.link}/nope`, "-o", at("x")), 3, "nope");
    expectSentence(await skerry(b.dataDir, "get", "7".repeat(40), "-o", at("x")), 3, "7777");
    expectSentence(await skerry(b.dataDir, "get", "7".repeat(39), "-o", at("x")), 2, "7777");
    expect(existsSync(at("x"))).toBe(false);
  }, SLOW);

  test("a partial download is gone on from: what it holds is not fetched again", async () => {
    const bytes = randomBytes(5 * MIB + 9);
    writeFileSync(at("long.bin"), bytes);
    const { link, chunkIds } = await publish(at("long.bin"), "--chunks");
    mkdirSync(at("resumed"));
    const part = partName(asStrongId(parseKey32(link) ?? new Uint8Array()));
    writeFileSync(at("resumed", part), bytes.subarray(0, 3 * MIB + 77));
    json(await skerry(b.dataDir, "get", link, "-o", at("resumed/long.bin"), "--json"));
    expect(readFileSync(at("resumed/long.bin")).equals(bytes)).toBe(true);
    expect(readdirSync(at("resumed"))).toEqual(["long.bin"]);
    const { entries } = json(await skerry(b.dataDir, "store", "--limit", "1000", "--json"));
    const held = new Set(entries.map((entry: { id: string }) => entry.id));
    expect(chunkIds.map((id: string) => held.has(id))).toEqual(
      [false, false, false, true, true, true],
    );
  }, SLOW);

  test("an interrupted get exits with 130, keeps its part and can be repeated", async () => {
    const bytes = randomBytes(64 * MIB);
    writeFileSync(at("huge.bin"), bytes);
    const { link } = await publish(at("huge.bin"));
    const [program = "", ...args] = [...skerryCommand(), "get", link, "-o", at("got.bin")];
    const child = spawn(program, [...args, "--data", b.dataDir], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const part = at(partName(asStrongId(parseKey32(link) ?? new Uint8Array())));
    while (child.exitCode === null && (!existsSync(part) || statSync(part).size === 0)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(statSync(part).size).toBeGreaterThan(0);
    expect(existsSync(at("got.bin"))).toBe(false);
    json(await skerry(b.dataDir, "get", link, "-o", at("got.bin"), "--json"));
    expect(readFileSync(at("got.bin")).equals(bytes)).toBe(true);
    expect(existsSync(part)).toBe(false);
  }, SLOW);

  test("status, peers, store, trace and id have the shapes of the contract", async () => {
    const idOfA = json(await skerry(a.dataDir, "id", "--json"));
    expect(idOfA).toEqual({
      publicKey: HEX64,
      publicKeyText: /^skerry:\/\/([a-z2-7]{52})@/.exec(a.uri)?.[1],
      nodeId: HEX40,
      rank: A_NUMBER,
      network: "dev",
    });
    expect(json(await skerry(b.dataDir, "status", "--json"))).toMatchObject({
      role: expect.stringMatching(/^(super|user)$/),
      reachability: expect.stringMatching(/^(unknown|public|nated)$/),
      peers: 1,
      routingTable: { contacts: 1 },
      store: { chunks: A_NUMBER, bytes: A_NUMBER, quotaBytes: A_NUMBER },
      traffic: { sentBytes: A_NUMBER, receivedBytes: A_NUMBER },
      uptimeSeconds: A_NUMBER,
    });
    const { peers } = json(await skerry(b.dataDir, "peers", "--json"));
    const numbers = { sentBytes: A_NUMBER, receivedBytes: A_NUMBER, connectedSeconds: A_NUMBER };
    const { publicKey, nodeId, rank } = idOfA;
    const rttMs = A_NUMBER;
    expect(peers).toEqual([{
      ...{ nodeId, address: LOOPBACK, rttMs, rank, ...numbers },
      publicKey: expect.stringMatching(new RegExp(`^(${publicKey}|${idOfA.publicKeyText})$`)),
    }]);
    const { entries } = json(await skerry(b.dataDir, "store", "--limit", "2", "--json"));
    const entry = { id: HEX40, bytes: A_NUMBER, pinned: false, lastUsedMs: A_NUMBER };
    expect(entries).toEqual([entry, entry]);
    const trace = json(await skerry(b.dataDir, "trace", tree.link, "--json"));
    expect(trace.rounds.length).toBeGreaterThan(0);
    for (const round of trace.rounds) {
      const counts = { asked: A_NUMBER, answered: A_NUMBER };
      expect(round).toEqual({ ...counts, startedMs: A_NUMBER, ms: A_NUMBER });
    }
    expect(trace).toMatchObject({
      id: expect.stringMatching(/^[0-9a-z]{40,64}$/),
      found: true,
      firstByteMs: A_NUMBER,
      holders: [{ nodeId, address: LOOPBACK, rttMs }],
      totalMs: A_NUMBER,
    });
    const unknown = await skerry(b.dataDir, "trace", "7".repeat(40), "--json");
    expect([unknown.code, JSON.parse(unknown.stdout).found]).toEqual([3, false]);
  }, SLOW);

  test("without --json the tables are for people, and nothing is coloured in a pipe", async () => {
    for (const words of [["status"], ["peers"], ["store"], ["trace", tree.link], ["id"]]) {
      const shown = await skerry(b.dataDir, ...words);
      expect([words, shown.code, shown.stderr]).toEqual([words, 0, ""]);
      expect(shown.stdout).toMatch(/^(\P{Cc}*\n)+$/u);
    }
  }, SLOW);

  test("names and links that may not enter the network are named", async () => {
    const refuse = async (name: string | Uint8Array, ...parts: string[]) => {
      mkdirSync(at("bad"), { recursive: true });
      const path = Buffer.concat([Buffer.from(at("bad") + "/"), Buffer.from(name)]);
      writeFileSync(path, "x");
      const result = await skerry(a.dataDir, "publish", at("bad"), "--json");
      const { error } = JSON.parse(result.stdout);
      expect([result.code, error.message]).toEqual([1, expect.stringContaining(at("bad"))]);
      for (const part of parts) expect(error.message).toContain(part);
      expect(result.stderr.trim().split("\n")).toEqual([`skerry: ${error.message}`]);
      expect(result.stderr).toMatch(/^\P{Cc}+\n$/u);
      unlinkSync(path);
    };
    await refuse("bell\x07 and \x1b[31mred", "bell\\u{7} and \\u{1b}[31mred", "control character");
    await refuse("two\nlines", "two\\u{a}lines", "control character");
    await refuse("back\\slash", "back\\\\slash");
    await refuse(Buffer.from([0x6c, 0x61, 0x74, 0xff]), "lat\ufffd", "not UTF-8");
    symlinkSync("../site/index.html", at("bad", "way out"));
    const out = await skerry(a.dataDir, "publish", at("bad"));
    expectSentence(out, 1, "way out");
    const none = await skerry(a.dataDir, "publish", at("not there"));
    expectSentence(none, 1, at("not there"));
  }, SLOW);

  test("SIGTERM stops a node within 10 s, with 0, and takes node.json away", async () => {
    for (const node of [b, a]) {
      const started = Date.now();
      expect(await node.stop()).toBe(0);
      expect(Date.now() - started).toBeLessThan(10_000);
      expect(existsSync(join(node.dataDir, "node.json"))).toBe(false);
      expectSentence(await skerry(node.dataDir, "status"), 4, "No node runs on");
      expect(node.log()).not.toMatch(/\n\s+at |"level":"error"/);
    }
  }, SLOW);
});

/** Every path below `directory`, links as what they lead to. */
function listing(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    const below = statSync(path).isDirectory() ? listing(path).map((sub) => `${name}/${sub}`) : [];
    return [name, ...below];
  }).sort();
}
