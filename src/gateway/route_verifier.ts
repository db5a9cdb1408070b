import { noneMatch } from "../http/mod.ts";
import { GENERATED, templateHash } from "./caching.ts";
import { notModified } from "./conditions.ts";
import { VERIFY_JS } from "./verify_js.ts";

const ETAG = `"${templateHash(VERIFY_JS)}"`;

/** /verify.js: proves in a browser what a cache or gateway handed over. A page that does not trust
 * this node takes the module from elsewhere; it depends on nothing. */
export function verifierRoute(request: Request): Response {
  const asked = request.headers.get("if-none-match") ?? undefined;
  if (noneMatch(asked, ETAG) !== "miss") return notModified(ETAG, GENERATED);
  return new Response(VERIFY_JS, {
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "content-length": String(VERIFY_JS.length),
      "cache-control": GENERATED,
      etag: ETAG,
    },
  });
}
