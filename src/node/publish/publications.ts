import { locatorOf } from "../../content/mod.ts";
import {
  assert,
  type ChunkId,
  formatMetaId,
  type MetaId,
  SkerryError,
  toBase32,
  toHex,
} from "../../lib/mod.ts";
import type { Clock } from "../../ports/mod.ts";
import { type PublicationRow, type PublicationTable, UNRECORDED } from "../../store/mod.ts";
import type {
  PublicationList,
  PublicationsApi,
  Unpublished,
} from "../contract/publications_api.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import { readStoredManifest } from "../keep/stored_manifest.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import { partsOf } from "./manifest_parts.ts";

/** Objects let go of in one transaction, between two turns of the event loop: some ms. */
const OBJECTS_PER_TURN = 256;

export interface PublicationsParts {
  readonly table: PublicationTable;
  /** The one that shows denied objects too. */
  readonly store: Pick<ChunkStore, "lengthOf" | "namesOf" | "read" | "unpin" | "writeRows">;
  readonly clock: Pick<Clock, "unixMs">;
}

type Tally = { -readonly [K in "objects" | "bytes" | "shared"]: Unpublished[K] };

/** What this node publishes, from one run to the next. An object is pinned exactly as long as a
 * publication lists it: both change in one transaction, so that a kill at any moment leaves a
 * publication whole, or one that the next start takes back to its end. */
export class Publications implements PublicationsApi {
  /** Told of objects that are published no more, each with all its names, its SHA-1 first. */
  onLetGo: (objects: readonly (readonly ChunkId[])[]) => void = () => {};
  /** Ends the order for hosts of a publication. @returns false if there was none. */
  endOrder: (meta: ChunkId) => Promise<boolean> = () => Promise.resolve(false);
  readonly #parts: PublicationsParts;
  /** What is being taken back, by number or the manifest's id. BOUNDED by the callers who wait. */
  readonly #running = new Map<number | string, Promise<Tally>>();
  #isStopped = false;

  constructor(parts: PublicationsParts) {
    this.#parts = parts;
  }

  /** Begins a publication. @returns its number. */
  async begin(name: string): Promise<number> {
    let number: number | undefined;
    const { clock, store, table } = this.#parts;
    await store.writeRows(() => void (number = table.begin(name, clock.unixMs())));
    assert(number !== undefined, "what was written has a number");
    return number;
  }

  /** For PutOptions: the object is part of that publication. */
  noteOf(number: number, id: ChunkId): () => void {
    return () => this.#parts.table.addObject(number, id);
  }

  /** All of it is stored. What is published already stays that one publication. */
  async finish(content: Omit<PublicationRow, "name" | "createdMs">): Promise<void> {
    const { store, table } = this.#parts;
    let isSecond = false;
    await store.writeRows(() => {
      const first = table.find(content.meta);
      isSecond = first !== undefined && !first.isLeaving;
      if (isSecond) table.leave(content.number);
      else table.publish(content);
    });
    // If that fails the next start does it; the first one is whole whatever becomes of it.
    if (isSecond) await this.takeBack(content.number).catch(() => {});
  }

  /** Lets go of what only that publication needs, and forgets it. Nothing of it may still be on its
   * way to the store. */
  takeBack(number: number): Promise<Tally> {
    return this.#once(number, async (tally) => {
      const { store, table } = this.#parts;
      await store.writeRows(() => table.leave(number));
      for (;;) {
        const ids = table.objects(number, OBJECTS_PER_TURN);
        if (ids.length === 0) break;
        await this.#letGo(number, ids, tally);
      }
      await store.writeRows(() => table.remove(number));
    });
  }

  /** Goes on with what a former run left half done. @param onFailed told why it cannot. */
  async resume(onFailed: (error: unknown) => void): Promise<void> {
    for (const number of this.#parts.table.unfinished()) {
      if (this.#isStopped) return;
      await this.takeBack(number).catch((error: unknown) => {
        if (!this.#isStopped) onFailed(error);
      });
    }
  }

  list(limit: number): PublicationList {
    const { table } = this.#parts;
    const publications = table.newest(limit).map(({ meta, link, name, size, createdMs }) => ({
      meta: toHex(meta),
      link: toBase32(link),
      name,
      size,
      publishedMs: createdMs,
    }));
    return { publications, total: table.count() };
  }

  async unpublish(meta: MetaId): Promise<Unpublished> {
    this.#assertRunning();
    const { store, table } = this.#parts;
    const row = table.find(meta.id);
    const id = row?.meta ?? this.#storedId(meta);
    const isUnrecorded = id !== undefined && table.hasObject(UNRECORDED, id) &&
      await readStoredManifest(store, id) !== undefined;
    if (id === undefined || (row === undefined && !isUnrecorded)) throw notPublished(meta, id);
    // First: if what follows breaks off, all of it can be asked for again.
    const orderEnded = await this.endOrder(id);
    const tallies: Tally[] = [];
    if (isUnrecorded) tallies.push(await this.#takeBackUnrecorded(id));
    if (row !== undefined) tallies.push(await this.takeBack(row.number));
    const sum = (of: keyof Tally): number => tallies.reduce((all, tally) => all + tally[of], 0);
    const shared = tallies.at(-1)?.shared ?? 0; // what the walk left to the record is no other's
    return {
      ...{ meta: toHex(id), objects: sum("objects"), bytes: sum("bytes"), shared },
      orderEnded,
    };
  }

  /** What is under way stops after its transaction; the next start goes on with it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#running.values());
  }

  #storedId(meta: MetaId): ChunkId | undefined {
    const { store } = this.#parts;
    return store.namesOf(meta.kind === "plain" ? meta.id : locatorOf(meta.id))[0];
  }

  #assertRunning(): void {
    if (!this.#isStopped) return;
    throw new SkerryError("DRAINING", "This node is stopping: unpublish it when it runs again");
  }

  /** Whoever asks while it runs gets what it comes to. */
  #once(key: number | string, work: (tally: Tally) => Promise<void>): Promise<Tally> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const tally: Tally = { objects: 0, bytes: 0, shared: 0 };
    const begun = async (): Promise<Tally> => {
      this.#assertRunning();
      await work(tally);
      return tally;
    };
    const run = begun().finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }

  /** Of content without a record its manifests tell what belongs to it. */
  #takeBackUnrecorded(id: ChunkId): Promise<Tally> {
    return this.#once(toHex(id), async (tally) => await this.#walk(id, tally));
  }

  /** A manifest goes after all that it lists: one that has gone has nothing left to let go of, so a
   * second call ends what a first one began, and nothing is walked twice. */
  async #walk(id: ChunkId, tally: Tally): Promise<void> {
    const { store, table } = this.#parts;
    if (!table.hasObject(UNRECORDED, id)) return;
    const manifest = await readStoredManifest(store, id);
    const { chunks, manifests } = partsOf(manifest);
    for (let at = 0; at < chunks.length; at += OBJECTS_PER_TURN) {
      await this.#letGo(UNRECORDED, chunks.slice(at, at + OBJECTS_PER_TURN), tally);
    }
    for (const key of manifests) {
      const [part] = store.namesOf(key);
      if (part !== undefined) await this.#walk(part, tally);
    }
    await this.#letGo(UNRECORDED, [id], tally);
  }

  async #letGo(number: number, ids: readonly ChunkId[], tally: Tally): Promise<void> {
    this.#assertRunning();
    const { store, table } = this.#parts;
    const gone: ChunkId[] = [];
    let shared = 0;
    await store.unpin(ids, (id) => {
      if (!table.removeObject(number, id)) return false;
      if (table.isListed(id)) {
        shared++;
        return false;
      }
      gone.push(id);
      return true;
    });
    tally.shared += shared;
    tally.objects += gone.length;
    for (const id of gone) tally.bytes += store.lengthOf(id) ?? 0;
    this.onLetGo(gone.map((id) => store.namesOf(id)).filter((names) => names.length > 0));
    await yieldTurn();
  }
}

function notPublished(meta: MetaId, id: ChunkId | undefined): SkerryError {
  const here = id === undefined ? "" : "; what is here of that id is a cached copy, or part of a " +
    "publication, which goes as a whole";
  const hint = "skerry publish list tells what is";
  const deed = `Cannot unpublish ${formatMetaId(meta)}: this node did not publish it`;
  return new SkerryError("CHUNK_NOT_FOUND", `${deed}${here}. ${hint}`);
}
