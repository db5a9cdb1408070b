import { BoundedMap, fromUtf8, SkerryError, toSkerryError } from "../lib/mod.ts";
import type { Clock, LocalFiles, Logger } from "../ports/mod.ts";
import type { Doors } from "./host.ts";

/** Tags of one request: what the strictest of the large CDNs takes at once. */
const TAGS_PER_REQUEST = 30;
/** Tags that wait: a cache that is away for so long keeps its copies until they run out. */
const TAGS_WAITING_MAX = 100_000;
const REQUEST_MS = 10_000;
/** Pauses after failures, ms; after the last one the tags are given up. */
const RETRY_MS = [1_000, 4_000, 16_000, 60_000, 60_000, 60_000];
/** A token is a line; more is some other file. */
const TOKEN_BYTES_MAX = 4_096;

export interface PurgeTarget {
  readonly url: string;
  /** File with a bearer token, read anew for each request: credentials may be renewed. */
  readonly tokenFile: string | undefined;
}

/** Tells a cache in front what to forget: `POST url` with `{"tags":[…]}` as the body, as Cloudflare
 * takes it, and the same tags in the header `Cache-Tag` for those that read headers, as Varnish. */
export class CachePurger {
  readonly #target: PurgeTarget;
  readonly #fetch: Doors["fetch"];
  readonly #clock: Clock;
  readonly #localFiles: Pick<LocalFiles, "openRead">;
  readonly #logger: Logger;
  /** BOUNDED: the oldest gives way, and the log says so. */
  readonly #waiting = new BoundedMap<string, true>(TAGS_WAITING_MAX);
  readonly #stop = new AbortController();
  #cancelPause = (): void => {};
  #running: Promise<void> | undefined;

  constructor(
    target: PurgeTarget,
    { fetch, clock, localFiles }: Pick<Doors, "clock" | "fetch" | "localFiles">,
    logger: Logger,
  ) {
    this.#target = target;
    this.#fetch = fetch;
    this.#clock = clock;
    this.#localFiles = localFiles;
    this.#logger = logger;
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Purges `tags` soon, those that wait already once. */
  purge(tags: readonly string[]): void {
    let lost = 0;
    for (const tag of tags) if (this.#waiting.set(tag, true) !== undefined) lost++;
    if (lost > 0) this.#logger.log("error", "purge_lost", { tags: lost, reason: "too many wait" });
    this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  /** Gives up what waits. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelPause();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#isStopped) {
      const tags = this.#take();
      const fault = await this.#deliver(tags);
      if (this.#isStopped) return;
      if (fault === undefined) this.#logger.log("info", "purged", { tags: tags.length });
      else this.#logger.log("error", "purge_lost", { tags: tags.length, reason: fault });
    }
  }

  #take(): string[] {
    const tags: string[] = [];
    for (const [tag] of this.#waiting.entries()) {
      this.#waiting.delete(tag);
      if (tags.push(tag) === TAGS_PER_REQUEST) break;
    }
    return tags;
  }

  /** @returns why the cache could not be told; undefined if it was. */
  async #deliver(tags: readonly string[]): Promise<string | undefined> {
    for (const [tries, pauseMs] of [...RETRY_MS, undefined].entries()) {
      const fault = await this.#post(tags);
      // What the end has called off is no failure, and a pause that began now nobody would end.
      if (fault === undefined || pauseMs === undefined || this.#isStopped) return fault;
      this.#logger.log("warn", "purge_failed", { tries: tries + 1, reason: fault });
      await this.#pause(pauseMs);
      if (this.#isStopped) return fault;
    }
    return undefined;
  }

  async #post(tags: readonly string[]): Promise<string | undefined> {
    try {
      const token = await this.#token();
      const answer = await this.#fetch(this.#target.url, {
        method: "POST",
        redirect: "manual", // a token goes where the operator said and nowhere else
        headers: {
          "content-type": "application/json",
          "cache-tag": tags.join(","),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ tags }),
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(REQUEST_MS)]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `${this.#target.url} answered ${answer.status}`;
    } catch (error) {
      return toSkerryError(error, "CANCELLED", `${this.#target.url} was not reached`).message;
    }
  }

  async #token(): Promise<string | undefined> {
    const { tokenFile } = this.#target;
    if (tokenFile === undefined) return undefined;
    const file = await this.#localFiles.openRead(tokenFile);
    try {
      const bytes = new Uint8Array(Math.min(file.size, TOKEN_BYTES_MAX));
      const text = fromUtf8(bytes.subarray(0, await file.read(0, bytes)))?.trim();
      if (text !== undefined && /^[\x21-\x7e]+$/.test(text)) return text;
      const rule = "a token is one line of printable characters without spaces";
      throw new SkerryError("FILE_UNREADABLE", `${tokenFile} holds no token: ${rule}`);
    } finally {
      await file.close();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(ms, resolve);
      this.#cancelPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
