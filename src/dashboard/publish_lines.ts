import type { PublishLine } from "../admin/mod.ts";

/** What came of a publication, from the whole answer to POST /v1/publish: its last line, or for a
 * refusal the problem body. */
export function outcomeOf(
  status: number,
  text: string,
): Extract<PublishLine, { kind: "done" | "error" }> {
  try {
    if (status !== 200) {
      const { code, detail } = JSON.parse(text) as { code?: string; detail: string };
      return { kind: "error", code: code ?? "REFUSED", detail };
    }
    const line = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as PublishLine;
    if (line.kind !== "progress") return line;
  } catch {
    // told below
  }
  return { kind: "error", code: "CANCELLED", detail: "The node broke off before it was done." };
}
