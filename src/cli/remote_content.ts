import type { ContentInfo, DirectoryEntries } from "../admin/mod.ts";
import {
  asStrongId,
  fromHex,
  parseKey32,
  SkerryError,
  type StrongId,
  toBase32,
} from "../lib/mod.ts";
import type {
  DirectoryItem,
  RemoteContent,
  RemoteDirectory,
  RemoteFile,
  RemotePlace,
} from "../node/mod.ts";
import { type AdminClient, brokenOff } from "./admin_client.ts";
import { contentPath } from "./content_target.ts";
import type { GetPurchase } from "./get_purchase.ts";

/** The content that a running node can get, read through its admin API. */
export class AdminContent implements RemoteContent {
  readonly #client: AdminClient;
  readonly #purchase: GetPurchase | undefined;

  /** @param purchase what it is bought on, if somebody minds. */
  constructor(client: AdminClient, purchase?: GetPurchase) {
    this.#client = client;
    this.#purchase = purchase;
  }

  async describe(place: RemotePlace, signal: AbortSignal): Promise<RemoteFile | RemoteDirectory> {
    const path = this.#path(contentPath(place), { format: "info" });
    const info = await this.#client.getJson<ContentInfo>(path, signal);
    const { size } = info;
    const strongId = strongIdFrom(info.strongId);
    if (info.kind === "directory") return { kind: "directory", place, strongId, size };
    const fileRoot = info.fileRoot === undefined ? undefined : fromHex(info.fileRoot);
    return { kind: "file", strongId, size, name: info.name, fileRoot };
  }

  async list(
    id: StrongId,
    start: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly DirectoryItem[]> {
    const query = { format: "entries", start: String(start), limit: String(limit) };
    const page = await this.#client.getJson<DirectoryEntries>(
      this.#path(pathOf(id), query),
      signal,
    );
    return page.entries.map((entry) => ({ ...entry, strongId: strongIdFrom(entry.strongId) }));
  }

  /** Goes on with a new request where an answer breaks off, as long as each brings something: a
   * node that always breaks off would keep us for ever. */
  async *read(id: StrongId, start: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let at = start;
    for (let isWhole = false; !isWhole;) {
      const before = at;
      const headers = at === 0 ? {} : { range: `bytes=${at}-` };
      const response = await this.#client.request(this.#path(pathOf(id), {}), { headers, signal });
      if (at > 0 && response.status !== 206) {
        await response.body?.cancel();
        throw new SkerryError("REFUSED", `The node does not resume ${toBase32(id)} at byte ${at}`);
      }
      const body = new BodyReader(response, signal);
      for await (const bytes of body) {
        at += bytes.length;
        yield bytes;
      }
      isWhole = body.isWhole;
      if (!isWhole && at === before) throw brokenOff();
    }
  }

  #path(path: string, query: Readonly<Record<string, string>>): string {
    const whole = new URLSearchParams({ ...query, ...this.#purchase?.query() });
    return whole.size === 0 ? path : `${path}?${whole.toString()}`;
  }
}

const pathOf = (id: StrongId): string =>
  contentPath({ meta: { kind: "strong", id }, segments: [] });

function strongIdFrom(text: string): StrongId {
  const bytes = parseKey32(text);
  if (bytes !== undefined) return asStrongId(bytes);
  throw new SkerryError("REFUSED", `The node speaks of ${JSON.stringify(text)}, which is no link`);
}

/** The bytes of a body until it ends or breaks off; afterwards `isWhole` tells which. */
class BodyReader implements AsyncIterable<Uint8Array> {
  readonly #response: Response;
  readonly #signal: AbortSignal;
  isWhole = false;

  constructor(response: Response, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const reader = this.#response.body?.getReader();
    if (reader === undefined) return void (this.isWhole = true);
    try {
      for (;;) {
        const part = await reader.read().catch(() => undefined);
        if (this.#signal.aborted) {
          throw new SkerryError("CANCELLED", "Interrupted: the same command goes on from here");
        }
        if (part === undefined) return;
        if (part.done) return void (this.isWhole = true);
        yield part.value;
      }
    } finally {
      await reader.cancel().catch(() => {}); // a stream that failed has nothing left to cancel
    }
  }
}
