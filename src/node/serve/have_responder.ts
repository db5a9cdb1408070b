import { asChunkId, type ChunkId } from "../../lib/mod.ts";
import type { MessageOfType } from "../../wire/mod.ts";

/** Which of the asked chunks are here: a bitmap, lowest bit first, and a price factor each (0:
 * nothing is charged yet). */
export function answerHave(
  request: MessageOfType<"HAVE">,
  has: (id: ChunkId) => boolean,
): MessageOfType<"HAVE_REPLY"> {
  const held = new Uint8Array(Math.ceil(request.ids.length / 8));
  request.ids.forEach((id, i) => {
    if (has(asChunkId(id))) held[i >> 3] = (held[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return {
    type: "HAVE_REPLY",
    requestId: request.requestId,
    held,
    prices: new Uint8Array(request.ids.length),
    queueMs: 0,
  };
}
