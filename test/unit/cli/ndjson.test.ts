import { readJsonLines } from "../../../src/cli/ndjson.ts";
import { expect, test } from "../../support/harness.ts";

const stream = (...parts: (string | Uint8Array)[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) {
        controller.enqueue(typeof part === "string" ? new TextEncoder().encode(part) : part);
      }
      controller.close();
    },
  });
const all = async (body: ReadableStream<Uint8Array>): Promise<unknown[]> => {
  const values: unknown[] = [];
  for await (const value of readJsonLines(body)) values.push(value);
  return values;
};

test("lines come whole, however the stream is cut", async () => {
  const text = new TextEncoder().encode('{"a":"ü"}\n\n[1]\n2');
  for (let cut = 0; cut <= text.length; cut++) {
    expect(await all(stream(text.slice(0, cut), text.slice(cut)))).toEqual([{ a: "ü" }, [1], 2]);
  }
  expect(await all(stream())).toEqual([]);
});

test("a line that is no JSON rejects after good ones; a reader that stops cancels", async () => {
  const seen: unknown[] = [];
  const read = async (): Promise<void> => {
    for await (const value of readJsonLines(stream("1\n{"))) seen.push(value);
  };
  expect(await read().catch((error: unknown) => error)).toBeInstanceOf(SyntaxError);
  expect(seen).toEqual([1]);
  let isCancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("1\n")),
    cancel: () => void (isCancelled = true),
  });
  for await (const value of readJsonLines(endless)) if (value === 1) break;
  expect(isCancelled).toBe(true);
});
