import { Format, type Options, SingleBar } from "cli-progress";
import { formatSize } from "../config/mod.ts";
import type { TextSink } from "./host.ts";
import { printable } from "./table.ts";

/** Bytes done of bytes to do, as a bar on a terminal. Silent anywhere else, and where the answer is
 * to be JSON. */
export class ByteProgress {
  readonly #bar: SingleBar | undefined;
  #isStarted = false;

  constructor(sink: TextSink, isQuiet: boolean) {
    if (isQuiet || !sink.isTerminal) return;
    const stream = sink.stream as Options["stream"];
    this.#bar = new SingleBar({
      ...(stream === undefined ? {} : { stream }),
      format: (options, params, payload) => formatBar(sink.columns ?? 80, options, params, payload),
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false, // signals are the command's business
      etaBuffer: 30,
      fps: 8,
    });
  }

  /** @param label what is being done, and to which file. */
  update(label: string, doneBytes: number, totalBytes: number): void {
    if (this.#bar === undefined) return;
    const payload = { label: printable(label) };
    if (!this.#isStarted) this.#bar.start(totalBytes, doneBytes, payload);
    this.#isStarted = true;
    this.#bar.setTotal(totalBytes);
    this.#bar.update(doneBytes, payload);
  }

  /** Takes the bar off the terminal. Safe to call twice. */
  stop(): void {
    if (this.#isStarted) this.#bar?.stop();
    this.#isStarted = false;
  }
}

const LABEL_CHARACTERS = 32;
const LABEL_CHARACTERS_MIN = 10; // fewer tell nothing

type BarFormat = Extract<Options["format"], (...args: never[]) => string>;

/** One line that fits: what a narrow terminal has no room for is left out, the bar first, then
 * from the right. */
function formatBar(columns: number, ...[options, params, payload]: Parameters<BarFormat>): string {
  const { label = "" } = payload as { label?: string };
  const bar = ` ${Format.BarFormat(params.progress, { ...options, barsize: 24 })}`;
  const percent = `${Math.floor(params.progress * 100)}%`.padStart(4);
  const seconds = (Date.now() - params.startTime) / 1000;
  const speed = seconds > 0 ? `${formatSize(params.value / seconds)}/s` : "";
  const eta = Number.isFinite(params.eta) ? `${Math.round(params.eta)} s left` : "";
  const size = `${formatSize(params.value)} of ${formatSize(params.total)}`;
  const facts = [percent, size, speed, eta];
  for (const [drawn, count] of [[bar, 4], ["", 4], ["", 3], ["", 2], ["", 1]] as const) {
    const rest = drawn + facts.slice(0, count).join("  ");
    const room = columns - 1 - rest.length;
    if (room < LABEL_CHARACTERS_MIN) continue;
    return shorten(label, Math.min(room, LABEL_CHARACTERS)) + rest;
  }
  return percent.trim().slice(0, columns - 1);
}

function shorten(label: string, most: number): string {
  const characters = [...label];
  return characters.length <= most ? label.padEnd(most) : `…${characters.slice(1 - most).join("")}`;
}

/** One line that is written over again and again; silent like the bar. */
export class StatusLine {
  readonly #sink: TextSink | undefined;

  constructor(sink: TextSink, isQuiet: boolean) {
    this.#sink = isQuiet || !sink.isTerminal ? undefined : sink;
  }

  show(text: string): void {
    const columns = this.#sink?.columns ?? 80;
    void this.#sink?.write(`\r\u001b[2K${[...text].slice(0, columns - 1).join("")}`);
  }

  clear(): void {
    void this.#sink?.write("\r\u001b[2K");
  }
}
