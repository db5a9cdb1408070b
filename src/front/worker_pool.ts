import type { Lent, WorkerDesk } from "../gateway/mod.ts";
import { SkerryError, type SkerryErrorCode } from "../lib/mod.ts";
import type { Clock, Logger, StartWorkerProcess, WorkerProcess } from "../ports/mod.ts";
import type { ToNode, ToWorker, WorkerSettings } from "./messages.ts";

/** The command that a worker is started with: nothing that a person types. */
export const WORKER_COMMAND = "http-worker";

/** From a worker's end to the next one in its place: at first, and at most. */
const RESTART_MS = 100;
const RESTART_MS_MAX = 10_000;
/** One that has lived so long did not end for how it began. */
const SETTLED_MS = 60_000;
/** Starting a process, on a machine that is busy. */
const START_MS = 20_000;
/** How often each worker is asked whether it gets to its messages. */
const PING_MS = 2_500;
/** So many pings that are not answered, i.e. 10 s: it would take connections and answer nobody for
 * ever, hold the port when the node has gone, and let what it is told pile up here. A step of its
 * work takes milliseconds. Counted, not read off the clock: a node that stood still itself has
 * asked nothing meanwhile. */
const PINGS_MISSED_MAX = 4;

export interface WorkerPoolOptions {
  readonly settings: WorkerSettings;
  readonly start: StartWorkerProcess;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts all workers and waits until each of them listens.
 * @throws {SkerryError} ADDRESS_IN_USE and what else a worker has against listening; BUSY if one
 * does not come up in time. */
export async function startWorkers(options: WorkerPoolOptions): Promise<WorkerPool> {
  const pool = new WorkerPool(options);
  try {
    await pool.start();
    return pool;
  } catch (error) {
    await pool.stop(0);
    throw error;
  }
}

/** The worker processes of a node. One that ends is started again. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #members = new Set<Member>();
  /** Whose requests are the node's; for those that come later. BOUNDED as in NodeDesk. */
  readonly #full = new Set<string | undefined>();
  #desk: WorkerDesk | undefined;
  #isStopping = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Of those that run now. */
  get pids(): number[] {
    return [...this.#members].map(({ pid }) => pid);
  }

  /** The gateway is there: until now workers have asked nobody. */
  serve(desk: WorkerDesk): void {
    this.#desk = desk;
    desk.watch(
      () => this.#tellAll({ kind: "forget" }),
      (client, isFull) => {
        if (isFull) this.#full.add(client);
        else this.#full.delete(client);
        this.#tellAll({ kind: "full", client, isFull });
      },
    );
  }

  async start(): Promise<void> {
    const { settings: { workers } } = this.#options;
    await Promise.all(Array.from({ length: workers }, () => this.#startOne(0)));
  }

  /** Lets answers end for so long, then ends every worker. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#members.size === 0) return;
    this.#tellAll({ kind: "drain", graceMs });
    const empty = new Promise<void>((resolve) => this.#onEmpty = resolve);
    // One that does not end by itself; it holds the port.
    const callOff = this.#options.clock.schedule(graceMs + RESTART_MS, () => {
      for (const member of this.#members) member.kill();
    });
    await empty;
    callOff();
  }

  #startOne(failures: number): Promise<void> {
    const { settings, start, clock, logger } = this.#options;
    const startedAt = clock.now();
    return new Promise((resolve, reject) => {
      const callOff = clock.schedule(START_MS, () => {
        reject(new SkerryError("BUSY", `A worker did not listen within ${START_MS / 1000} s`));
        member.kill();
      });
      const member = new Member(start, {
        desk: () => this.#desk,
        onListening: () => {
          callOff();
          this.#watch(member);
          resolve();
        },
        onFailed: (error) => {
          callOff();
          reject(error);
          member.kill();
        },
        onExit: (how) => {
          callOff();
          member.callOffWatch();
          reject(new SkerryError("BUSY", `A worker ended before it listened: ${how}`));
          this.#members.delete(member);
          if (this.#members.size === 0) this.#onEmpty?.();
          if (this.#isStopping) return;
          const next = clock.now() - startedAt > SETTLED_MS ? 0 : failures;
          const afterMs = Math.min(RESTART_MS * 2 ** next, RESTART_MS_MAX);
          const told = { pid: member.pid, how, again_after_ms: afterMs };
          logger.log("warn", "http_worker_ended", told);
          clock.schedule(afterMs, () => {
            if (this.#isStopping) return;
            this.#startOne(next + 1).catch((error: unknown) =>
              logger.log("warn", "http_worker_failed", { reason: String(error) })
            );
          });
        },
      });
      this.#members.add(member);
      member.tell({ kind: "setup", settings });
      for (const client of this.#full) member.tell({ kind: "full", client, isFull: true });
    });
  }

  /** As long as it runs. */
  #watch(member: Member): void {
    const { clock, logger } = this.#options;
    member.callOffWatch = clock.schedule(PING_MS, () => {
      if (member.pingsMissed >= PINGS_MISSED_MAX) {
        logger.log("warn", "http_worker_hung", { pid: member.pid });
        return member.kill();
      }
      member.ping();
      this.#watch(member);
    });
  }

  #tellAll(message: ToWorker): void {
    for (const member of this.#members) member.tell(message);
  }
}

interface MemberDoors {
  readonly desk: () => WorkerDesk | undefined;
  readonly onListening: () => void;
  readonly onFailed: (error: SkerryError) => void;
  readonly onExit: (how: string) => void;
}

/** One worker, seen from the node. */
class Member {
  readonly #child: WorkerProcess;
  readonly #doors: MemberDoors;
  /** Answers that it has under way, by its numbers, and what counts them out; BOUNDED by its
   * connections. */
  readonly #underWay = new Map<number, () => void>();
  callOffWatch = (): void => {};
  #pingsMissed = 0;

  constructor(start: StartWorkerProcess, doors: MemberDoors) {
    this.#doors = doors;
    this.#child = start([WORKER_COMMAND], {
      onMessage: (message) => this.#take(message as ToNode), // it is this program
      onExit: (how) => {
        for (const leave of this.#underWay.values()) leave();
        this.#underWay.clear();
        doors.onExit(how);
      },
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Asked since it last said anything. */
  get pingsMissed(): number {
    return this.#pingsMissed;
  }

  ping(): void {
    this.#pingsMissed++;
    this.tell({ kind: "ping" });
  }

  tell(message: ToWorker): void {
    this.#child.send(message);
  }

  kill(): void {
    this.#child.kill();
  }

  #take(said: ToNode): void {
    this.#pingsMissed = 0;
    if (said.kind === "alive") return;
    const desk = this.#doors.desk();
    if (said.kind === "listening") return this.#doors.onListening();
    if (said.kind === "failed") {
      return this.#doors.onFailed(new SkerryError(said.code as SkerryErrorCode, said.message));
    }
    if (said.kind === "ask") {
      const answer = (lent: Lent | undefined): void =>
        this.tell({ kind: "lent", ask: said.ask, lent });
      if (desk === undefined) return answer(undefined);
      return void desk.lend(said).then(answer, () => answer(undefined));
    }
    if (desk === undefined) return;
    if (said.kind === "report") return desk.note(said);
    for (const { answer, client } of said.began) this.#underWay.set(answer, desk.begin(client));
    for (const answer of said.left) {
      this.#underWay.get(answer)?.();
      this.#underWay.delete(answer);
    }
  }
}
