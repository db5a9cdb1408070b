import { toBase32 } from "../lib/mod.ts";
import { type Listing, pageCount } from "./listing_page.tsx";

/** Changes with the shape of listingJson(), and with it the tag of every such listing. */
export const LISTING_JSON_VERSION = "json1";

/** One page of a directory for programs. Fields are only ever added. */
export function listingJson(listing: Listing): string {
  const { idText, segments, page, entryCount, totalBytes } = listing;
  const entries = listing.items.map(({ name, kind, strongId, size, mime }) => ({
    name,
    kind,
    link: toBase32(strongId),
    size,
    ...(mime === "" ? {} : { mime }),
  }));
  const pages = pageCount(entryCount);
  const head = { id: idText, path: segments.join("/"), page, pages, entryCount, size: totalBytes };
  return `${JSON.stringify({ ...head, entries })}\n`;
}
