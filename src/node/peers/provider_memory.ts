import type { ProviderArchive } from "../../dht/mod.ts";
import { after, type Instant } from "../../lib/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { ProviderParts } from "../../store/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { LoopPart } from "../loop/driver.ts";

/** Every part is written once in this time, as the contacts are … */
const ROUND_MS = 5 * 60_000;
/** … but no two within this: a million records are 245 parts of 128 KiB, and more than 2 GB
 * a day would wear an SD card out. */
const PART_MS_MIN = 5_000;

/** Between two parts that are read: the loop asks each of its parts several times a turn. */
const PAUSE_MS = 1;

/** What others told this node to answer (who provides what), from one run to the next: read part by
 * part beside the first work of a start, written part by part, and as a whole at a stop. A crash
 * loses what came within the last round; its providers tell it again. */
export class ProviderMemory implements LoopPart {
  readonly #archive: ProviderArchive;
  readonly #parts: ProviderParts;
  readonly #rows: Pick<ChunkStore, "writeRows">;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The last part read; undefined once all are. */
  #readUpTo: number | undefined = -1;
  #readAt: Instant | undefined;
  #restored = 0;
  #nextPart = 0;
  #saveAt: Instant | undefined;
  #saving: Promise<void> | undefined;

  constructor(needs: {
    readonly archive: ProviderArchive;
    readonly parts: ProviderParts;
    /** When the index database may be written. */
    readonly rows: Pick<ChunkStore, "writeRows">;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#archive = needs.archive;
    this.#parts = needs.parts;
    this.#rows = needs.rows;
    this.#clock = needs.clock;
    this.#logger = needs.logger;
  }

  turn(now: Instant): void {
    if (this.#readUpTo !== undefined) {
      if (this.#readAt !== undefined && now < this.#readAt) return;
      this.#readAt = after(now, PAUSE_MS);
      this.#readPart(this.#readUpTo, now);
    } else if (this.#saveAt !== undefined && this.#saveAt <= now) this.#savePart(now);
  }

  nextTimeout(): Instant | undefined {
    return this.#readUpTo === undefined ? this.#saveAt : this.#readAt ?? this.#clock.now();
  }

  /** Writes all parts. What was not even read yet is left as it lies. */
  async stop(): Promise<void> {
    const wasReadTo = this.#readUpTo;
    this.#saveAt = undefined;
    await this.#saving;
    if (wasReadTo !== undefined) return;
    const { parts } = this.#archive;
    for (let part = 0; part < parts; part++) await this.#write(part, parts);
  }

  #readPart(last: number, now: Instant): void {
    const row = this.#rowAfter(last);
    this.#readUpTo = row?.part;
    if (row !== undefined) {
      this.#restored += this.#archive.restore(row.bytes, now);
      return;
    }
    this.#saveAt = after(now, PART_MS_MIN);
    if (this.#restored > 0) {
      this.#logger.log("info", "providers_restored", { records: this.#restored });
    }
  }

  /** A page that cannot be read ends the reading: the parts that follow are told again by their
   * providers, and written anew. */
  #rowAfter(last: number): ReturnType<ProviderParts["next"]> {
    try {
      return this.#parts.next(last);
    } catch (error) {
      this.#logger.log("warn", "providers_not_read", { reason: String(error) });
      return undefined;
    }
  }

  #savePart(now: Instant): void {
    const { parts } = this.#archive;
    this.#saveAt = after(now, Math.max(PART_MS_MIN, ROUND_MS / Math.max(parts, 1)));
    if (parts === 0 || this.#saving !== undefined) return;
    this.#nextPart %= parts;
    this.#saving = this.#write(this.#nextPart++, parts).finally(() => this.#saving = undefined);
  }

  /** What could not be written is told again by its providers, so a failure stops nothing. */
  async #write(part: number, parts: number): Promise<void> {
    try {
      const bytes = this.#archive.part(part, this.#clock.now());
      await this.#rows.writeRows(() => {
        this.#parts.save(part, bytes);
        if (part === parts - 1) this.#parts.trim(parts);
      });
    } catch (error) {
      this.#logger.log("warn", "providers_not_saved", { reason: String(error) });
    }
  }
}
