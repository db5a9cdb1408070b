/** What one answer told of the node, and when it came. */
export interface Sample {
  /** Unix time, seconds. */
  readonly atSeconds: number;
  /** The node's own clock. */
  readonly uptimeSeconds: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly storeBytes: number;
}

/** Ten minutes of one answer a second: what the plots show. */
export const HISTORY_MAX = 600;

/** The newest samples, as the columns of two plots. */
export class History {
  #samples: Sample[] = [];

  /** Takes the next sample. One of a node that has started anew begins a new history. */
  push(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.uptimeSeconds < last.uptimeSeconds) this.#samples = [];
    this.#samples.push(sample);
    if (this.#samples.length > HISTORY_MAX) this.#samples.shift();
  }

  /** Time, bytes sent a second, bytes received a second: means since the sample before. */
  traffic(): [number[], number[], number[]] {
    const columns: [number[], number[], number[]] = [[], [], []];
    this.#samples.forEach((sample, index) => {
      const before = this.#samples[index - 1];
      const seconds = sample.uptimeSeconds - (before?.uptimeSeconds ?? 0);
      if (before === undefined || seconds <= 0) return;
      columns[0].push(sample.atSeconds);
      columns[1].push((sample.sentBytes - before.sentBytes) / seconds);
      columns[2].push((sample.receivedBytes - before.receivedBytes) / seconds);
    });
    return columns;
  }

  /** Time, bytes in the store. */
  store(): [number[], number[]] {
    return [
      this.#samples.map(({ atSeconds }) => atSeconds),
      this.#samples.map(({ storeBytes }) => storeBytes),
    ];
  }
}
