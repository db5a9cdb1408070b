import uplotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplotJs from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import { utf8 } from "../lib/mod.ts";
import { DASHBOARD_JS } from "./dashboard_js.ts";
import pageCss from "./page.css" with { type: "text" };

/** A script or style of the page at /; from memory, for an executable has no files beside it. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/** By path. */
export const PAGE_FILES: ReadonlyMap<string, PageFile> = new Map([
  ["/page.css", { type: "text/css", text: uplotCss + pageCss }],
  ["/page.js", { type: "text/javascript", text: DASHBOARD_JS }],
  ["/uplot.js", { type: "text/javascript", text: uplotJs }],
]);

/** Whether a browser asks for `path` by itself to show the page. */
export function isPagePath(path: string): boolean {
  return path === "/" || path === "/trace" || PAGE_FILES.has(path);
}

export function pageFile({ type, text }: PageFile): Response {
  return new Response(text, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "content-length": String(utf8(text).length),
    },
  });
}
