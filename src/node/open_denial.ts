import { type ChunkId, toSkerryError } from "../lib/mod.ts";
import type { ChunkStore } from "./chunk_store.ts";
import { sweepDenied } from "./deny_sweep.ts";
import { Denylist } from "./denylist.ts";
import { DenylistWatch } from "./denylist_watch.ts";
import { DenyingStore } from "./denying_store.ts";
import type { NodePorts } from "./node_options.ts";
import { yieldTurn } from "./yield_turn.ts";

type DenialPorts = Pick<NodePorts, "clock" | "localFiles" | "logger">;

/** Cache tags told to a listener at once. */
const TAGS_AT_ONCE = 1_000;

export type TagListener = (tags: readonly string[]) => void;

/** A denylist and everything that keeps it: the store that hides what it names, the watch over its
 * files, and what has to happen when it changes. */
export interface Denial {
  readonly denylist: Denylist;
  readonly store: DenyingStore;
  /** Begins to drop denied copies and to watch for changes. */
  start(hooks: DenialHooks): void;
  /** Calls `listener` with the cache tags whose answers a change of the list may have changed. */
  watchTags(listener: TagListener): void;
  /** Ends the watch, and what is being dropped between two objects. */
  stop(): Promise<void>;
}

export interface DenialHooks {
  /** Told the names of copies that have gone: nobody may be told any more that they are here. */
  onGone(names: readonly ChunkId[]): void;
  /** After each change, once denied copies are gone. */
  onChange(): void;
}

export interface LoadedDenylist {
  readonly denylist: Denylist;
  readonly watch: DenylistWatch;
}

/** Reads the denylist before anything else is opened. @returns undefined if none is configured.
 * @throws {SkerryError} INVALID_CONFIG, FILE_UNREADABLE. */
export async function loadDenylist(
  paths: readonly string[],
  ports: DenialPorts,
): Promise<LoadedDenylist | undefined> {
  if (paths.length === 0) return undefined;
  const denylist = new Denylist();
  const watch = new DenylistWatch(denylist, paths, ports);
  await watch.load();
  return { denylist, watch };
}

export function openDenial(
  disk: ChunkStore,
  { denylist, watch }: LoadedDenylist,
  { logger }: DenialPorts,
): Denial {
  const listeners: TagListener[] = [];
  let sweeping = Promise.resolve();
  let isStopping = false;
  const sweep = (onGone: DenialHooks["onGone"], onDone: () => void): void => {
    sweeping = sweeping.then(async () => {
      try {
        const dropped = await sweepDenied(disk, denylist, { isStopping: () => isStopping, onGone });
        if (dropped > 0) logger.log("info", "denied_dropped", { objects: dropped });
      } catch (error) {
        const { message } = toSkerryError(error, "DISK_FAILED", "Cannot drop denied copies");
        logger.log("error", "denied_kept", { message });
      }
      if (!isStopping) onDone();
    });
  };
  return {
    denylist,
    store: new DenyingStore(disk, denylist),
    start({ onGone, onChange }) {
      sweep(onGone, () => {}); // rules may have come while the node was not running
      watch.start((before) => {
        void tellTags(before.changedTags(denylist.list), listeners);
        sweep(onGone, onChange);
      });
    },
    watchTags: (listener) => void listeners.push(listener),
    async stop() {
      isStopping = true;
      await watch.stop();
      await sweeping;
    },
  };
}

async function tellTags(tags: Iterable<string>, listeners: readonly TagListener[]): Promise<void> {
  if (listeners.length === 0) return;
  let some: string[] = [];
  for (const tag of tags) {
    some.push(tag);
    if (some.length < TAGS_AT_ONCE) continue;
    for (const listener of listeners) listener(some);
    some = [];
    await yieldTurn();
  }
  if (some.length > 0) { for (const listener of listeners) listener(some); }
}
