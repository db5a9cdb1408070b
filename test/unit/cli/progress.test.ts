import { ByteProgress, StatusLine } from "../../../src/cli/progress.ts";
import { MemorySink } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

/** What cli-progress asks of a terminal. */
class FakeTerminal {
  readonly isTTY = true;
  readonly columns = 120;
  text = "";
  write(data: string): boolean {
    this.text += data;
    return true;
  }
}

function terminal() {
  const sink = new MemorySink();
  sink.isTerminal = true;
  const stream = new FakeTerminal();
  return { sink: Object.assign(sink, { stream }), stream };
}

test("a bar shows label, percentage and sizes, and leaves the terminal clean", () => {
  const { sink, stream } = terminal();
  const progress = new ByteProgress(sink, false);
  progress.update("hashing a\u001b[31m.bin", 0, 4 * 2 ** 20);
  progress.update("hashing a.bin", 2 ** 20, 4 * 2 ** 20);
  progress.stop();
  progress.stop();
  expect(stream.text).toContain("0%");
  expect(stream.text).toContain("of 4.00 MiB");
  expect(stream.text).toContain("hashing a\ufffd[31m.bin");
  expect(sink.text).toBe("");
});

test("a bar fits into the terminal, however narrow, and tells the percentage longest", () => {
  for (const columns of [5, 12, 20, 34, 50, 79, 80, 100, 120, 300]) {
    const { sink, stream } = terminal();
    const progress = new ByteProgress(Object.assign(sink, { columns }), false);
    progress.update(`fetching ${"long/".repeat(20)}name.bin`, 2 ** 20, 4 * 2 ** 20);
    progress.stop();
    const lines = stream.text.split("\u001b").map((part) => part.replace(/^\[[\d?]*[a-z]/i, ""));
    const longest = Math.max(...lines.map((line) => [...line].length));
    expect([columns, longest < columns]).toEqual([columns, true]);
    expect(stream.text).toContain("25%");
    if (columns >= 50) expect(stream.text).toContain("1.00 MiB of 4.00 MiB");
  }
});

test("neither bar nor line writes anything without a terminal, or when JSON is asked for", () => {
  const plain = new MemorySink();
  const { sink, stream } = terminal();
  for (const [to, isQuiet] of [[plain, false], [sink, true]] as const) {
    const progress = new ByteProgress(to, isQuiet);
    progress.update("x", 1, 2);
    progress.stop();
    const line = new StatusLine(to, isQuiet);
    line.show("x");
    line.clear();
  }
  expect(plain.text + sink.text + stream.text).toBe("");
});

test("a status line overwrites itself and never wraps", () => {
  const { sink } = terminal();
  const line = new StatusLine(sink, false);
  line.show("x".repeat(500));
  expect(sink.text).toBe(`\r\u001b[2K${"x".repeat(99)}`);
  line.clear();
  expect(sink.text.endsWith("\r\u001b[2K")).toBe(true);
});
