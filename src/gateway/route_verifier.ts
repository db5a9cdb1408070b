import { GENERATED, templateHash } from "./caching.ts";
import { checkConditions } from "./conditions.ts";
import { VERIFY_JS } from "./verify_js.ts";

const ETAG = `"${templateHash(VERIFY_JS)}"`;

/** /verify.js: proves in a browser what a cache or gateway handed over. A page that does not trust
 * this node takes the module from elsewhere; it depends on nothing. @throws {ProblemError} 412. */
export function verifierRoute(request: Request): Response {
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  const conditional = checkConditions({ header }, ETAG, GENERATED);
  if (conditional !== undefined) return conditional;
  return new Response(VERIFY_JS, {
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "content-length": String(VERIFY_JS.length),
      "cache-control": GENERATED,
      etag: ETAG,
    },
  });
}
