/** make demo: the main job on this machine, with the compiled executable and real files. Three
 * nodes on loopback: A is the first, B knows A, C knows B. The project's docs and the executable
 * itself are published on A and fetched through C with curl. With `--once` it ends there; else the
 * nodes go on until Ctrl-C. Exits 1 if a byte differs. */
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  curl,
  type Fetched,
  NodeProcess,
  type PublishedItem,
} from "../test/support/node_process.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BINARY = join(ROOT, "dist/skerry");
const DOCS = join(ROOT, "docs");
const isOnce = process.argv.includes("--once");

interface Row {
  readonly what: string;
  readonly fetched: Fetched;
  readonly isSame: boolean;
}

const scratch = mkdtempSync(join(tmpdir(), "skerry-demo-"));
const nodes: NodeProcess[] = [];

async function startNode(name: string, ...known: readonly NodeProcess[]): Promise<NodeProcess> {
  const bootstrap = known.map(({ uri }) => uri);
  const node = await NodeProcess.start({ binary: BINARY, data: join(scratch, name), bootstrap });
  nodes.push(node);
  console.log(`node ${name}  ${node.uri}`);
  return node;
}

async function stopNodes(): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(scratch, { recursive: true, force: true });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}

async function fetchAndCompare(what: string, url: string, original: string): Promise<Row> {
  const into = join(scratch, "fetched");
  const fetched = curl(url, into);
  const isSame = fetched.status === 200 && await sha256Of(into) === await sha256Of(original);
  return { what, fetched, isSame };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile()).sort();
}

function urlOf(node: NodeProcess, item: PublishedItem, path = ""): string {
  return `${node.gateway}/file/${item.link}${path}`;
}

function print(rows: readonly Row[]): void {
  const lines = rows.map(({ what, fetched, isSame }) => {
    const timing = fetched.headers.get("server-timing") ?? "";
    return [
      what,
      (fetched.bytes / 1e6).toFixed(2),
      fetched.firstByteMs.toFixed(1),
      fetched.megabytesPerSecond.toFixed(1),
      /desc="(\d+) holders"/.exec(timing)?.[1] ?? "-",
      /desc="(\d+) rounds"/.exec(timing)?.[1] ?? "-",
      isSame ? "same" : `DIFFERS (${fetched.status})`,
    ];
  });
  const table = [
    ["through C", "MB", "first byte ms", "MB/s", "holders", "rounds", "SHA-256"],
    ...lines,
  ];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0))) ??
      [];
  console.log();
  for (const cells of table) {
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    );
    console.log(padded.join("  "));
  }
}

async function demo(): Promise<boolean> {
  const a = await startNode("A");
  const b = await startNode("B", a);
  const c = await startNode("C", b);
  const site = a.publish(DOCS);
  const file = a.publish(BINARY);
  for (const { path, link, chunks } of [site, file]) {
    console.log(`published on A  ${path}  ${link}  ${chunks} chunks`);
  }
  mkdirSync(scratch, { recursive: true });
  const rows = [
    await fetchAndCompare("the page, cold", urlOf(c, site, "/"), join(DOCS, "index.html")),
    await fetchAndCompare("the executable, cold", urlOf(c, file), BINARY),
    await fetchAndCompare("the executable, again", urlOf(c, file), BINARY),
  ];
  print(rows);
  let differing = 0;
  const documents = filesBelow(DOCS);
  for (const name of documents) {
    const path = `/${name.split("/").map(encodeURIComponent).join("/")}`;
    const { isSame } = await fetchAndCompare(name, urlOf(c, site, path), join(DOCS, name));
    if (!isSame) {
      differing++;
      console.log(`differs: ${name}`);
    }
  }
  console.log(
    `\n${documents.length - differing} of ${documents.length} files of docs/ are the same`,
  );
  console.log(`\nopen  ${urlOf(c, site, "/")}\nor    ${c.gateway}/`);
  return differing === 0 && rows.every(({ isSame }) => isSame);
}

// The nodes have process groups of their own, so Ctrl-C must be caught from the first of them on.
const interrupted = new Promise<"interrupted">((resolve) => {
  process.once("SIGINT", () => resolve("interrupted"));
  process.once("SIGTERM", () => resolve("interrupted"));
});

try {
  const outcome = await Promise.race([demo(), interrupted]);
  process.exitCode = outcome === true ? 0 : outcome === "interrupted" ? 130 : 1;
  if (outcome === true && !isOnce) {
    console.log("\nThe nodes go on running; Ctrl-C stops them.");
    await interrupted;
  }
} catch (error) {
  // Ctrl-C also ends a curl that is under way; its failure is then no news.
  const pause = new Promise<"failed">((resolve) => setTimeout(() => resolve("failed"), 100));
  process.exitCode = await Promise.race([interrupted, pause]) === "failed" ? 1 : 130;
  if (process.exitCode === 1) console.error(error instanceof Error ? error.message : error);
}
await stopNodes();
process.exit();
