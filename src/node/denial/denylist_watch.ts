import type { DenyList } from "../../deny/mod.ts";
import type { Clock, LocalFiles, Logger } from "../../ports/mod.ts";
import { RepeatedLook } from "../loop/repeated_look.ts";
import type { Denylist } from "./denylist.ts";
import { denylistFault, readDenylists } from "./denylist_files.ts";

/** Between two looks at the files' times. A change is taken up when two looks in a row find the
 * files the same, so that none is read while an editor is still writing it. */
export const DENYLIST_POLL_MS = 500;

/** Keeps the denylist as its files are: read at the start, and again whenever one of them changes,
 * whether it was written in place, moved there or is behind another link. */
export class DenylistWatch {
  readonly #denylist: Denylist;
  readonly #paths: readonly string[];
  readonly #localFiles: Pick<LocalFiles, "openRead" | "realPath" | "stat">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** How the files looked when they were last read, and at the last look. */
  #read = "";
  #seen = "";
  readonly #looks: RepeatedLook;
  #onChange = (_before: DenyList): void => {};

  constructor(denylist: Denylist, paths: readonly string[], doors: {
    readonly localFiles: Pick<LocalFiles, "openRead" | "realPath" | "stat">;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#denylist = denylist;
    this.#paths = paths;
    this.#localFiles = doors.localFiles;
    this.#clock = doors.clock;
    this.#logger = doors.logger;
    const look = (isAsked: boolean) => isAsked ? this.#take() : this.#poll();
    this.#looks = new RepeatedLook(DENYLIST_POLL_MS, look, doors.clock);
  }

  /** The first read, before anything is served.
   * @throws {SkerryError} as readDenylists: a node does not run without the list it was given. */
  async load(): Promise<void> {
    this.#read = await this.#look();
    this.#denylist.replace(
      await readDenylists(this.#paths, this.#localFiles),
      this.#clock.unixMs(),
    );
    this.#tell();
  }

  /** Begins to watch. @param onChange called with the list that is in force no more. */
  start(onChange: (before: DenyList) => void): void {
    this.#seen = this.#read;
    this.#onChange = onChange;
    this.#looks.start();
  }

  /** Reads the files now, also if they look as they did. Resolves when what they hold is in force,
   * or refused. To be called after start(). */
  reload(): Promise<void> {
    return this.#looks.now();
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    await this.#looks.stop();
  }

  async #poll(): Promise<void> {
    const look = await this.#look();
    const isSettled = look === this.#seen;
    this.#seen = look;
    if (look !== this.#read && isSettled) await this.#take(look);
  }

  /** Puts in force what the files hold, which look so. */
  async #take(asSeen?: string): Promise<void> {
    const look = asSeen ?? await this.#look();
    try {
      const files = await readDenylists(this.#paths, this.#localFiles);
      if (await this.#look() !== look || this.#looks.isStopped) return; // read half old, half new
      this.#read = look;
      this.#onChange(this.#denylist.replace(files, this.#clock.unixMs()));
      this.#tell();
    } catch (error) {
      this.#read = look; // told once, until the files change again
      const fault = denylistFault(error);
      this.#denylist.noteFault(fault);
      this.#logger.log("error", "denylist_refused", {
        message: `${fault}. The old list stays in force`,
      });
    }
  }

  /** What tells one state of the files from another. */
  async #look(): Promise<string> {
    const looks = await Promise.all(this.#paths.map(async (path) => {
      try {
        const target = await this.#localFiles.realPath(path);
        const { size, modifiedMs } = await this.#localFiles.stat(target) ?? {};
        return `${target} ${size} ${modifiedMs}`;
      } catch (error) {
        return denylistFault(error);
      }
    }));
    return looks.join("\n");
  }

  #tell(): void {
    const { rules, files } = this.#denylist.status;
    this.#logger.log("info", "denylist_loaded", { rules, files: files.length });
  }
}
