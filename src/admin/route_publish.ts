import type { Node, Published, PublishOptions, PublishProgress } from "../node/mod.ts";
import type { PublishLine, PublishRequest, PublishWarnings } from "./api.ts";
import { formatSize } from "../config/mod.ts";
import { SkerryError, utf8 } from "../lib/mod.ts";
import { piecesOf, readJsonBody } from "./body.ts";
import { BadQuery, integerOf } from "./query.ts";
import { redirectWarnings } from "./redirect_warnings.ts";
import { hostingOf } from "./route_placement.ts";

const HOLDERS_MAX = 1024;
/** Between two lines of progress, ms: as fast as anyone reads, however fast the disk is. */
const PROGRESS_EVERY_MS = 100;

type Start = (options: PublishOptions) => Promise<Published & PublishWarnings>;

/** POST /v1/publish: a path on the node's own disk, or the bytes themselves. The answer begins at
 * once and tells how it goes; its last line is the outcome. */
export async function publishRoute(
  node: Node,
  request: Request,
  onFault: (error: unknown) => void,
): Promise<Response> {
  const isJson = /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
  const start = isJson ? await fromDisk(node, request) : await fromBody(node, request);
  const lines = publishLines(start, request.signal, onFault);
  return new Response(lines, { headers: { "content-type": "application/x-ndjson" } });
}

async function fromDisk(node: Node, request: Request): Promise<Start> {
  const { path, wait, hosting } = readRequest(await readJsonBody(request));
  const more = {
    ...(wait !== undefined && { waitHolders: wait }),
    ...(hosting && { hosting: { ...hosting, budgetCb: BigInt(hosting.budgetCb) } }),
  };
  return async (options) => {
    const published = await node.publishPath(path, { ...options, ...more });
    return { ...published, ...await redirectWarnings(node, published, options.signal) };
  };
}

function readRequest(body: Readonly<Record<string, unknown>>): PublishRequest {
  const { path, wait } = body;
  const hosting = hostingOf(body["hosting"]);
  const more = hosting === undefined ? {} : { hosting };
  if (typeof path !== "string" || !path.startsWith("/") || path.includes("\0")) {
    throw new BadQuery(`"path" must be an absolute path, not ${JSON.stringify(path)}`);
  }
  if (wait === undefined) return { path, ...more };
  if (typeof wait === "number" && Number.isInteger(wait) && wait >= 0 && wait <= HOLDERS_MAX) {
    return { path, wait, ...more };
  }
  throw new BadQuery(
    `"wait" must be an integer from 0 to ${HOLDERS_MAX}, not ${JSON.stringify(wait)}`,
  );
}

async function fromBody(node: Node, request: Request): Promise<Start> {
  const query = new URL(request.url).searchParams;
  const name = query.get("name") ?? "";
  if (name === "") throw new BadQuery("?name= must give the file a name");
  const announcedBytes = Number(request.headers.get("content-length") ?? 0);
  await refuseBeyondStore(node, name, announcedBytes);
  const mime = query.get("mime");
  const more = {
    announcedBytes,
    ...(mime === null ? {} : { mime }),
    ...(query.has("wait")
      ? { waitHolders: integerOf(query, "wait", { min: 0, max: HOLDERS_MAX, otherwise: 0 }) }
      : {}),
  };
  return (options) => node.publishStream(name, piecesOf(request), { ...options, ...more });
}

/** Before any of it is read: what was cached would make way for what fits of it. One that repeats
 * itself may still be published, by its path or without a length.
 * @throws {SkerryError} STORE_FULL. */
async function refuseBeyondStore(node: Node, name: string, bytes: number): Promise<void> {
  const { store: { quotaBytes } } = await node.status();
  if (bytes <= quotaBytes) return;
  throw new SkerryError(
    "STORE_FULL",
    `${JSON.stringify(name)} has ${formatSize(bytes)}, the whole store room for ` +
      `${formatSize(quotaBytes)}: it fits only if much of it repeats, and is then published with ` +
      "skerry publish. More room: --store-bytes of skerry run",
  );
}

/** The lines of one publication, as they are taken. */
function publishLines(
  start: Start,
  client: AbortSignal,
  onFault: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  client.addEventListener("abort", stop, { once: true });
  const feed = new LineFeed();
  void start({ signal: abort.signal, onProgress: (progress) => feed.report(progress) }).then(
    (published): PublishLine => ({ kind: "done", ...published }),
    (error): PublishLine => failureLine(error, onFault),
  ).then((line) => {
    client.removeEventListener("abort", stop);
    feed.finish(line);
  });
  return new ReadableStream({
    async pull(controller) {
      const lines = await feed.next();
      controller.enqueue(utf8(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
      if (lines.at(-1)?.kind !== "progress") controller.close();
    },
    cancel: stop,
  }, { highWaterMark: 0 });
}

/** Hands out progress no faster than it is taken, nor than PROGRESS_EVERY_MS; what nobody has taken
 * yet gives way to newer. */
class LineFeed {
  #latest: PublishProgress | undefined;
  #outcome: PublishLine | undefined;
  #toldAt = -Infinity;
  #wake = (): void => {};

  report(progress: PublishProgress): void {
    this.#latest = progress;
    this.#wake();
  }

  finish(outcome: PublishLine): void {
    this.#outcome = outcome;
    this.#wake();
  }

  /** The next lines; the last of them is the outcome once there is one. */
  async next(): Promise<PublishLine[]> {
    while (this.#outcome === undefined) {
      const dueMs = this.#latest === undefined
        ? Infinity
        : this.#toldAt + PROGRESS_EVERY_MS - performance.now();
      if (dueMs <= 0) break;
      await this.#change(dueMs);
    }
    this.#toldAt = performance.now();
    const lines: PublishLine[] = [];
    if (this.#latest !== undefined) lines.push({ kind: "progress", ...this.#latest });
    if (this.#outcome !== undefined) lines.push(this.#outcome);
    this.#latest = undefined;
    return lines;
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === Infinity ? undefined : setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function failureLine(error: unknown, onFault: (error: unknown) => void): PublishLine {
  if (error instanceof SkerryError) {
    return { kind: "error", code: error.code, detail: error.message };
  }
  onFault(error);
  const why = error instanceof Error ? error.message : String(error);
  return { kind: "error", code: "INTERNAL", detail: `The node made a mistake: ${why}` };
}
