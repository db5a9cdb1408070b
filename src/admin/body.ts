import { SkerryError } from "../lib/mod.ts";
import { BadQuery } from "./query.ts";

const JSON_BYTES_MAX = 65_536;

/** The bytes of a request's body as they come. @throws {SkerryError} CANCELLED if they end before
 * the length that was announced: whoever sent them has gone. */
export async function* piecesOf(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  try {
    while (true) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new SkerryError("CANCELLED", "the body broke off before its end", { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {}); // a stream that failed has nothing left to cancel
  }
}

/** The fields of a JSON body, none of them checked yet.
 * @throws {BadQuery} for what is no JSON object, or too long. */
export async function readJsonBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of piecesOf(request)) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > JSON_BYTES_MAX) {
      throw new BadQuery(`a JSON body may have ${JSON_BYTES_MAX} bytes; a file goes as a stream`);
    }
  }
  const value = parse(text + decoder.decode());
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new BadQuery("the body is no JSON object");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadQuery("the body is not JSON");
  }
}
