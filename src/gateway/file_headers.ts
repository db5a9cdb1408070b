import {
  contentDisposition,
  declaredType,
  isInert,
  SNIFF_BYTES,
  sniffType,
  typeOfName,
  UNKNOWN_TYPE,
  withCharset,
} from "../http/mod.ts";
import { concatBytes, type StrongId, toBase32 } from "../lib/mod.ts";
import type { ReadOptions, ResolvedFile } from "../node/mod.ts";
import type { Exchange } from "./exchange.ts";
import { SANDBOX_POLICY } from "./headers.ts";

/** What a file is sent as. */
export interface FoundType {
  /** Undefined for a HEAD whose bytes are elsewhere: it moves metadata only. */
  readonly type: string | undefined;
  /** To be called once the body is being read: until then a look at the first bytes keeps hold of
   * them, so that they are not fetched twice. */
  readonly release: () => void;
}

/** The type to send a file as: the publisher's word, else its name, else its first bytes. */
export async function contentTypeOf(
  file: ResolvedFile,
  name: string,
  exchange: Exchange,
): Promise<FoundType> {
  const known = (type: string | undefined): FoundType => ({ type, release: () => {} });
  const told = declaredType(file.mime) ?? typeOfName(name);
  if (told !== undefined) return known(withCharset(told));
  if (file.size === 0) return known(UNKNOWN_TYPE);
  // A range must not drag in the slice before it, nor a HEAD any slice: look only if it is here.
  const isFirstSliceWanted = !exchange.isHead && exchange.header("range") === undefined;
  const options = exchange.stream(exchange.request.signal);
  try {
    return await sniff(file, isFirstSliceWanted ? options : { ...options, localOnly: true });
  } catch (error) {
    if (isFirstSliceWanted) throw error;
    return known(exchange.isHead ? undefined : UNKNOWN_TYPE);
  }
}

async function sniff(file: ResolvedFile, options: ReadOptions): Promise<FoundType> {
  const wanted = Math.min(SNIFF_BYTES, file.size);
  const pieces = file.read(0, wanted, options)[Symbol.asyncIterator]();
  const release = (): void => void pieces.return?.().catch(() => {});
  try {
    let start: Uint8Array = new Uint8Array();
    while (start.length < wanted) {
      const { value, done } = await pieces.next();
      if (done === true) break;
      start = concatBytes(start, value);
    }
    return { type: sniffType(start), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** The name under which a reader would save the file: ?filename=, else the path's last segment,
 * else the publisher's name for it. */
export function fileNameOf(
  file: Pick<ResolvedFile, "name">,
  segments: readonly string[],
  exchange: Exchange,
): string {
  return exchange.query.get("filename") ?? segments.at(-1) ?? file.name;
}

/** Headers of a file besides its type and validators. */
export function fileHeaders(
  type: string | undefined,
  name: string,
  exchange: Exchange,
): Record<string, string> {
  const isDownload = exchange.query.get("download") === "true";
  const headers: Record<string, string> = {
    "content-disposition": contentDisposition(isDownload ? "attachment" : "inline", name),
  };
  if (!exchange.place.isIsolated && (type === undefined || !isInert(type))) {
    headers["content-security-policy"] = SANDBOX_POLICY;
  }
  return headers;
}

/** Where the content lies, for tools (gateway.md §4). */
export function pathHeaders(
  exchange: Exchange,
  roots: readonly StrongId[],
): Record<string, string> {
  return { "x-skerry-path": exchange.path, "x-skerry-roots": roots.map(toBase32).join(",") };
}
