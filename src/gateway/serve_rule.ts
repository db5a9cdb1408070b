import { formatMetaId, type MetaId } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import { NO_STORE } from "./error_map.ts";
import type { ServeRule } from "./options.ts";
import { ProblemError } from "./problem.ts";

/** Whether this gateway serves `id` at all; asked before anything is looked up. */
export function isServed(id: MetaId, rule: ServeRule, node: Pick<Node, "isOwn">): boolean {
  switch (rule.kind) {
    case "open":
      return true;
    case "own":
      return node.isOwn(id);
    case "allowlist":
      return rule.ids.has(formatMetaId(id));
  }
}

/** What the denylist says of a path before anything is looked up, or answered from a tag.
 * Asked before the serve rule: a cache keeps its copy of what that refuses (404, no-store), and
 * what this node published and now denies is no more among its own.
 * @throws {SkerryError} DENIED, DENIED_BY_LAW. */
export function checkAllowed(
  meta: MetaId,
  path: readonly string[],
  node: Pick<Node, "denialOf">,
): void {
  const denial = node.denialOf({ kind: "path", meta, path });
  if (denial !== undefined) throw denial;
}

/** @throws {ProblemError} 404 if the gateway does not serve `id`. */
export function checkServed(id: MetaId, rule: ServeRule, node: Pick<Node, "isOwn">): void {
  if (isServed(id, rule, node)) return;
  const what = rule.kind === "own" ? "what it published itself" : "a list of ids";
  throw new ProblemError({
    status: 404,
    title: "Not served here",
    detail: `This node serves only ${what}; ${formatMetaId(id)} is not among it.`,
    // The operator may change the list at any time.
    headers: { "cache-control": NO_STORE },
  });
}
