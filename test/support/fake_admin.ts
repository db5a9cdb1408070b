import type {
  AdminPurchase,
  ContentInfo,
  DirectoryEntries,
  PublishLine,
} from "../../src/admin/mod.ts";
import type { Doors } from "../../src/cli/host.ts";
import type { NodeFile } from "../../src/cli/node_file.ts";
import { CHUNK_BYTES, FileTree } from "../../src/content/mod.ts";
import { type SkerryErrorCode, toHex } from "../../src/lib/mod.ts";
import type { MemoryDisk } from "./memory_disk.ts";

export const RUNNING: NodeFile = {
  v: 1,
  pid: 9,
  network: "dev",
  publicKey: "k",
  nodeId: "n",
  listening: "skerry://k@127.0.0.1:4321",
  gateway: "http://127.0.0.1:8080",
  admin: "http://127.0.0.1:9999",
  adminToken: "t".repeat(64),
  version: "1",
  startedMs: 1,
};

export const problem = (status: number, code: SkerryErrorCode, detail: string): Response =>
  Response.json({ type: "about:blank", title: code, status, code, detail }, { status });

/** A query without what says on which terms the content is bought. */
function withoutTerms(search: string): string {
  const query = new URLSearchParams(search);
  if (!query.has("purchase")) return search;
  for (const name of ["purchase", "budget", "deadlineMs", "leftBytes"]) query.delete(name);
  return query.size === 0 ? "" : `?${query.toString()}`;
}

/** The admin API as the command line meets it, without a node behind it. It takes requests that
 * keep the API's rules and no others. */
export class FakeAdmin {
  readonly seen: string[] = [];
  readonly ranges: (string | null)[] = [];
  /** Answers by path and query. */
  readonly answers = new Map<string, (request: Request) => Response>();
  /** Files by strong id. */
  readonly content = new Map<string, Uint8Array>();
  /** What every purchase has cost. */
  purchase: AdminPurchase = { spentCb: 0, reservedCb: 0, holders: [] };
  /** After how many bytes an answer breaks off, per answer; then whole ones follow. */
  cuts: number[] = [];

  install(files: MemoryDisk, dataDir = "/d"): Doors["fetch"] {
    files.set(`${dataDir}/node.json`, JSON.stringify(RUNNING));
    return (url, options) => Promise.resolve(this.#answer(new Request(url, options)));
  }

  json(path: string, document: unknown): void {
    this.answers.set(path, () => Response.json(document));
  }

  file(id: string, bytes: Uint8Array, name = ""): void {
    this.content.set(id, bytes);
    const tree = new FileTree();
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      tree.addChunk(bytes.subarray(at, at + CHUNK_BYTES));
    }
    const root = tree.root();
    const fileRoot = root === undefined ? {} : { fileRoot: toHex(root) };
    const size = bytes.length;
    const info: ContentInfo = { kind: "file", strongId: id, size, name, mime: "", ...fileRoot };
    this.json(`/v1/get/${id}?format=info`, info);
  }

  /** Its entries, known by their ids before, are found by their names below it as well. */
  directory(id: string, entries: DirectoryEntries["entries"]): void {
    for (const { name, strongId } of entries) {
      const info = this.answers.get(`/v1/get/${strongId}?format=info`);
      if (info !== undefined) this.answers.set(`/v1/get/${id}/${name}?format=info`, info);
    }
    const size = entries.reduce((sum, entry) => sum + entry.size, 0);
    const entryCount = entries.length;
    const info: ContentInfo = { kind: "directory", strongId: id, size, entryCount };
    this.json(`/v1/get/${id}?format=info`, info);
    for (let start = 0; start <= entries.length; start += 1000) {
      const page = { entries: entries.slice(start, start + 1000) };
      this.json(`/v1/get/${id}?format=entries&start=${start}&limit=1000`, page);
    }
  }

  publish(lines: readonly PublishLine[], isCut = false): void {
    this.answers.set("/v1/publish", () => {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      return new Response(isCut ? text.slice(0, -10) : text);
    });
  }

  #answer(request: Request): Response {
    const { pathname, search } = new URL(request.url);
    this.seen.push(`${request.method} ${pathname}${search}`);
    if (request.headers.get("authorization") !== `Bearer ${RUNNING.adminToken}`) {
      return new Response(null, { status: 401 });
    }
    if (request.method !== "GET" && request.headers.get("x-skerry-admin") !== "1") {
      return new Response(null, { status: 403 });
    }
    if (pathname.startsWith("/v1/purchases/")) return Response.json(this.purchase);
    const answer = this.answers.get(pathname + withoutTerms(search));
    if (answer !== undefined) return answer(request);
    const bytes = this.content.get(pathname.replace("/v1/get/", ""));
    return bytes === undefined
      ? problem(404, "CHUNK_NOT_FOUND", `Nobody has ${pathname}`)
      : this.#stream(request, bytes);
  }

  #stream(request: Request, bytes: Uint8Array): Response {
    const range = request.headers.get("range");
    this.ranges.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const cut = this.cuts.shift();
    const end = cut === undefined ? bytes.length : Math.min(bytes.length, start + cut);
    const first = Math.min(end, start + 3);
    const pieces = [bytes.slice(start, first), bytes.slice(first, end)].filter((p) => p.length > 0);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (cut === undefined) controller.close();
        else controller.error(new Error("cut"));
      },
    });
    return new Response(body, { status: range === null ? 200 : 206 });
  }
}
