import { IMMUTABLE } from "./caching.ts";

/** 301 to the one canonical URL. @param path absolute on this host, or a host with it, already
 * percent-encoded. */
export function permanentRedirect(path: string, cacheControl: string = IMMUTABLE): Response {
  return new Response(null, {
    status: 301,
    headers: { location: path, "cache-control": cacheControl, "content-length": "0" },
  });
}

/** Where content has its origin is the operator's choice, who may take another name one day: no
 * browser should be sent to the old one for a year. */
export const OPERATORS_CHOICE = "public, max-age=86400";

/** 303: what was typed into a box lies there. */
export function seeOther(path: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location: path, "cache-control": "no-store", "content-length": "0" },
  });
}
