import type { KeptAnswer, WorkerReport } from "../gateway/mod.ts";
import type { Clock } from "../ports/mod.ts";

/** How late the node's figures may be. */
const REPORT_MS = 250;

/** Tells the node what was answered, in one go for many answers. */
export class Reports {
  readonly #clock: Pick<Clock, "schedule">;
  readonly #tell: (report: WorkerReport) => void;
  /** BOUNDED: routes and statuses are closed lists. */
  readonly #answers = new Map<string, { count: number; firstByteMs: number }>();
  #sentBytes = 0;
  #callOff: (() => void) | undefined;

  constructor(clock: Pick<Clock, "schedule">, tell: (report: WorkerReport) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  noteAnswer({ route, status }: KeptAnswer, firstByteMs: number): void {
    const key = `${route} ${status}`;
    const sum = this.#answers.get(key);
    if (sum === undefined) this.#answers.set(key, { count: 1, firstByteMs });
    else {
      sum.count++;
      sum.firstByteMs += firstByteMs;
    }
    this.#arm();
  }

  noteSent(bodyBytes: number): void {
    this.#sentBytes += bodyBytes;
    this.#arm();
  }

  /** Tells what there is to tell. */
  flush(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#answers.size === 0 && this.#sentBytes === 0) return;
    const answers = [...this.#answers].map(([key, sum]) => {
      const [route = "", status = ""] = key.split(" ");
      return { route, status: Number(status), ...sum };
    });
    this.#tell({ answers, sentBytes: this.#sentBytes });
    this.#answers.clear();
    this.#sentBytes = 0;
  }

  #arm(): void {
    this.#callOff ??= this.#clock.schedule(REPORT_MS, () => this.flush());
  }
}
