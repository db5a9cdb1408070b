import { toSkerryError } from "../../lib/mod.ts";
import type { NodePorts } from "../contract/node_options.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import { yieldTurn } from "../loop/yield_turn.ts";
import { sweepDenied } from "./deny_sweep.ts";
import { Denylist } from "./denylist.ts";
import { DenylistWatch } from "./denylist_watch.ts";
import { DenyingStore } from "./denying_store.ts";

type DenialPorts = Pick<NodePorts, "clock" | "localFiles" | "logger">;

/** Cache tags told to a listener at once. */
const TAGS_AT_ONCE = 1_000;

export type TagListener = (tags: readonly string[]) => void;

/** A denylist and everything that keeps it: the store that hides what it names, the watch over its
 * files, and what has to happen when it changes. */
export interface Denial {
  readonly denylist: Denylist;
  readonly store: DenyingStore;
  /** Begins to drop denied copies and to watch for changes. `onChange` is called after each, once
   * denied copies are gone. */
  start(onChange: () => void): void;
  /** Reads the files now; as DenylistWatch.reload(). */
  reload(): Promise<void>;
  /** Calls `listener` with the cache tags whose answers a change of the list may have changed: at
   * once with none, then as they are found. */
  watchTags(listener: TagListener): void;
  /** Ends the watch, and what is being dropped between two objects. */
  stop(): Promise<void>;
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
  const sweep = (onDone: () => void): void => {
    sweeping = sweeping.then(async () => {
      try {
        const dropped = await sweepDenied(disk, denylist, () => isStopping);
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
    start(onChange) {
      sweep(() => {}); // rules may have come while the node was not running
      watch.start((before) => {
        void tellTags(before.changedTags(denylist.list), listeners);
        sweep(onChange);
      });
    },
    reload: () => watch.reload(),
    watchTags: (listener) => void listeners.push(listener),
    async stop() {
      isStopping = true;
      await watch.stop();
      await sweeping;
    },
  };
}

async function tellTags(
  tags: Iterable<string | undefined>,
  listeners: readonly TagListener[],
): Promise<void> {
  if (listeners.length === 0) return;
  const tell = (found: readonly string[]): void => {
    for (const listener of listeners) listener(found);
  };
  tell([]); // in the turn of the change: whatever is kept has to go
  let some: string[] = [];
  for (const tag of tags) {
    if (tag !== undefined && some.push(tag) < TAGS_AT_ONCE) continue;
    if (some.length > 0) tell(some);
    some = [];
    await yieldTurn();
  }
  if (some.length > 0) tell(some);
}
