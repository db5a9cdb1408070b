/** A line longer than this is not one of ours: a manifest's 100,000 chunk ids take 4.3 MB. */
const LINE_CHARACTERS_MAX = 2 ** 26;

/** The values of a stream of JSON lines, as they come. An empty line is skipped.
 * @throws {SyntaxError} on a line that is no JSON, {RangeError} on one without end; and whatever
 * the stream itself fails with. */
export async function* readJsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      rest += decoder.decode(part.value, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_CHARACTERS_MAX) throw new RangeError("a line of JSON has no end");
      for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
    }
    rest += decoder.decode();
    if (rest.trim() !== "") yield JSON.parse(rest);
  } finally {
    await reader.cancel().catch(() => {}); // a stream that failed has nothing left to cancel
  }
}
