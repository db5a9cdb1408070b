import { IMMUTABLE } from "./caching.ts";

/** 301 to the one canonical URL. @param path absolute on this host, already percent-encoded. */
export function permanentRedirect(path: string): Response {
  return new Response(null, {
    status: 301,
    headers: { location: path, "cache-control": IMMUTABLE, "content-length": "0" },
  });
}

/** 303: what was typed into a box lies there. */
export function seeOther(path: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location: path, "cache-control": "no-store", "content-length": "0" },
  });
}
