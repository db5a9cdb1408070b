import { invalidMeta } from "../http/mod.ts";
import { formatMetaId, parseMetaId, utf8 } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { PAGE_HEADERS } from "./headers.ts";
import { homePage } from "./home_page.tsx";
import { seeOther } from "./redirect.ts";

/** /: what this node is. */
export function homeRoute(node: Pick<Node, "info" | "readiness">): Response {
  const html = homePage(node.info, node.readiness());
  return new Response(html, {
    headers: {
      ...PAGE_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-length": String(utf8(html).length),
      "cache-control": NO_STORE,
    },
  });
}

/** /open?link=: where the box on the home page leads. Takes an id, a path, or a link with a path in
 * it, from whatever gateway. @throws {SkerryError} INVALID_ID */
export function openRoute(exchange: Exchange): Response {
  const link = (exchange.query.get("link") ?? "").trim();
  const inUrl = /\/(chunk|file)\/([A-Za-z0-9]+)((?:\/[^?#]*)?)/.exec(link);
  const [kind, text, path] = inUrl === null
    ? ["file", link, ""]
    : [inUrl[1] ?? "file", inUrl[2] ?? "", inUrl[3] ?? ""];
  const meta = parseMetaId(text);
  if (meta === undefined || (kind === "chunk" && meta.kind === "strong")) throw invalidMeta(text);
  // The URL parser encodes what is not encoded yet and leaves the rest as it is.
  return seeOther(new URL(`/${kind}/${formatMetaId(meta)}${path}`, "http://localhost").pathname);
}

/** Nothing here is for crawlers: each miss costs strangers a lookup. */
export function robotsRoute(): Response {
  const body = "User-agent: *\nDisallow: /\n";
  return new Response(body, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-length": String(body.length),
      "cache-control": "public, max-age=86400",
    },
  });
}
