import { quoted } from "../http/mod.ts";
import { utf8 } from "../lib/mod.ts";
import type { Node } from "../node/mod.ts";
import { NO_STORE } from "./error_map.ts";
import type { Exchange } from "./exchange.ts";
import { HOME_HEADERS } from "./headers.ts";
import { homePage, type HomeView, type Mistyped } from "./home_page.tsx";
import { openedPath } from "./open_link.ts";
import type { GatewayOptions } from "./options.ts";
import { ProblemError, wantsPage } from "./problem.ts";
import { seeOther } from "./redirect.ts";

type Shown = Pick<GatewayOptions, "serve" | "contact">;

/** /: what this node is. */
export function homeRoute(node: Pick<Node, "info" | "readiness">, options: Shown): Response {
  return page(200, homePage(viewOf(node, options)));
}

function viewOf(node: Pick<Node, "info" | "readiness">, { serve, contact }: Shown): HomeView {
  return { info: node.info, readiness: node.readiness(), serve, contact };
}

/** /open?link=: where the box on the home page leads; that page again, with what is wrong, for what
 * leads nowhere. @throws {ProblemError} the same for those who take no page. */
export function openRoute(
  node: Pick<Node, "info" | "readiness">,
  options: Shown,
  exchange: Exchange,
): Response {
  const typed = (exchange.query.get("link") ?? "").trim();
  const path = openedPath(typed);
  if (path !== undefined) return seeOther(path);
  const why = whyNot(typed);
  if (!wantsPage(exchange.header("accept"))) {
    throw new ProblemError({
      status: 400,
      title: "Not a link",
      detail: why,
      code: "INVALID_ID",
      headers: { "cache-control": NO_STORE },
    });
  }
  const mistyped: Mistyped = { typed: typed.slice(0, TYPED_SHOWN_MAX), why };
  return page(400, homePage({ ...viewOf(node, options), mistyped }));
}

/** Characters of a wrong link that are worth mending by hand. */
const TYPED_SHOWN_MAX = 2048;

function whyNot(typed: string): string {
  const rule =
    "an id has 40 hex digits, or 52 characters a-z and 2-7 of which the last is a or q; " +
    "a link has one behind /file/, /chunk/ or /name/";
  return typed === ""
    ? `Nothing was typed: ${rule}.`
    : `${quoted(typed)} is not a link or an id: ${rule}.`;
}

function page(status: number, html: string): Response {
  return new Response(html, {
    status,
    headers: {
      ...HOME_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-length": String(utf8(html).length),
      "cache-control": NO_STORE,
      ...(status === 200 ? {} : { vary: "Accept" }),
    },
  });
}

/** Nothing here is for crawlers: each miss costs strangers a lookup. A site on an origin of its own
 * speaks for itself (ADR 0206). */
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
