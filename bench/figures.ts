import { report } from "./report.ts";

/** Samples by figure, printed in the order in which they first came. */
export class Figures {
  readonly #topic: string;
  readonly #samples = new Map<string, { readonly unit: string; readonly values: number[] }>();

  /** @param topic what stands before the dot of each name. */
  constructor(topic: string) {
    this.#topic = topic;
  }

  note(name: string, unit: string, value: number): void {
    const figure = this.#samples.get(name) ?? { unit, values: [] };
    figure.values.push(value);
    this.#samples.set(name, figure);
  }

  print(): void {
    for (const [name, { unit, values }] of this.#samples) {
      report(`${this.#topic}.${name}`, unit, values);
    }
  }
}
