import { readRedirects, type RedirectFault, redirectFaults, REDIRECTS_NAME } from "../http/mod.ts";
import { parseMetaId, SkerryError } from "../lib/mod.ts";
import type { Node, Published, ResolvedFile } from "../node/mod.ts";
import type { PublishWarning, PublishWarnings } from "./api.ts";

/** A screenful; more are counted. */
const WARNINGS_MAX = 20;

/** What readers would only meet as an error: the gateway reads a site's rules when a path is asked
 * for that it has not. Looked for in what was published, by the gateway's own reader.
 * @returns nothing for a file, a site without rules, and rules that are fine. */
export async function redirectWarnings(
  node: Pick<Node, "resolve">,
  { link, fileRoot }: Published,
  signal?: AbortSignal,
): Promise<PublishWarnings> {
  if (fileRoot !== undefined) return {};
  const options = { localOnly: true, ...(signal && { signal }) };
  try {
    const file = await findRules(node, link, options);
    if (file === undefined) return {};
    const found = await readRedirects(file.size, (start, end) => file.read(start, end, options));
    return "fault" in found ? unreadable(found.fault) : told(redirectFaults(found.text));
  } catch (error) {
    // It is published, and stays so.
    if (!(error instanceof SkerryError)) throw error;
    const advice = "see how the site answers a path that it has not";
    return { warnings: [{ ...AT, found: `could not be looked at: ${error.message}`, advice }] };
  }
}

const AT = { path: REDIRECTS_NAME };

async function findRules(
  node: Pick<Node, "resolve">,
  link: string,
  options: { readonly localOnly: boolean },
): Promise<ResolvedFile | undefined> {
  const meta = parseMetaId(link);
  if (meta === undefined) return undefined;
  try {
    const found = await node.resolve(meta, [REDIRECTS_NAME], options);
    return found.kind === "file" ? found : undefined;
  } catch (error) {
    if (error instanceof SkerryError && error.code === "PATH_NOT_FOUND") return undefined;
    throw error;
  }
}

function unreadable(fault: string): PublishWarnings {
  const advice = "make it shorter, one rule with :name or * for many, and save it as UTF-8";
  return { warnings: [{ ...AT, found: fault, advice }] };
}

function told(faults: Iterable<RedirectFault>): PublishWarnings {
  const warnings: PublishWarning[] = [];
  let moreWarnings = 0;
  for (const { line, why, advice } of faults) {
    if (warnings.length < WARNINGS_MAX) warnings.push({ ...AT, line, found: why, advice });
    else moreWarnings++;
  }
  if (warnings.length === 0) return {};
  return { warnings, ...(moreWarnings > 0 && { moreWarnings }) };
}
