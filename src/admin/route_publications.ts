import { parseMetaId, SkerryError } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import type { AdminPublications, UnpublishAnswer, UnpublishRequest } from "./api.ts";
import { readJsonBody } from "./body.ts";
import { integerOf } from "./query.ts";

/** Rows of one answer: some 2 MB. */
export const PUBLICATIONS_MAX = 10_000;

/** GET /v1/publications?limit=. @throws {BadQuery}. */
export function publicationsOf(node: Node, query: URLSearchParams): AdminPublications {
  const bounds = { min: 1, max: PUBLICATIONS_MAX, otherwise: PUBLICATIONS_MAX };
  return node.publications.list(integerOf(query, "limit", bounds));
}

/** POST /v1/unpublish. @throws {BadQuery}, {SkerryError} INVALID_ID if it is no id, and as
 * PublicationsApi.unpublish. */
export async function unpublish(node: Node, request: Request): Promise<UnpublishAnswer> {
  const body: Partial<Record<keyof UnpublishRequest, unknown>> = await readJsonBody(request);
  const meta = typeof body.meta === "string" ? parseMetaId(body.meta) : undefined;
  if (meta !== undefined) return await node.publications.unpublish(meta);
  const shown = (JSON.stringify(body.meta) ?? "nothing").slice(0, 100);
  const rule = "it is no id: give 40 hex digits or a link of 52 characters";
  throw new SkerryError("INVALID_ID", `Cannot unpublish ${shown}: ${rule}`);
}
