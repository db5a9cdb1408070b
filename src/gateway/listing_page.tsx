/** @jsxImportSource hono/jsx */
import { formatSize } from "../config/mod.ts";
import { renderPage } from "../http/mod.ts";
import type { DirectoryItem } from "../node/mod.ts";
import { templateHash } from "./caching.ts";

/** Rows of one page. */
export const LISTING_ROWS = 1000;

/** One page of a directory, as the listing shows it. */
export interface Listing {
  /** Where the directory lies: the id, then its decoded segments. */
  readonly idText: string;
  readonly segments: readonly string[];
  readonly items: readonly DirectoryItem[];
  readonly entryCount: number;
  /** Bytes of all files below. */
  readonly totalBytes: number;
  /** From 1. */
  readonly page: number;
}

/** Pages that `entryCount` entries fill; an empty directory has one. */
export function pageCount(entryCount: number): number {
  return Math.max(1, Math.ceil(entryCount / LISTING_ROWS));
}

/** The link from a directory's page to one of its entries. */
export function entryHref(item: Pick<DirectoryItem, "name" | "kind">): string {
  // "./" keeps a name with a colon from being read as a scheme.
  const name = encodeURIComponent(item.name.toWellFormed());
  return `./${name}${item.kind === "directory" ? "/" : ""}`;
}

/** A name as it is to be read: what would turn it around or hide in it is seen as a mark, since
 * `report<U+202E>gpj.exe` would look like a picture. */
function shownName(name: string): string {
  return name.replace(/[\u0080-\u009f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}

export function listingPage(listing: Listing): string {
  const { segments, idText, entryCount, totalBytes } = listing;
  const names = segments.map(shownName);
  const pages = { page: listing.page, pages: pageCount(entryCount) };
  return renderPage(
    `${names.at(-1) ?? idText} (directory)`,
    <main>
      <h1>{segments.length === 0 ? "Directory" : names.join(" / ")}</h1>
      <p class="soft">
        {entryCount === 1 ? "1 entry" : `${entryCount} entries`}, {formatSize(totalBytes)}{" "}
        in all, in <span class="id">{idText}</span>.{" "}
        <a rel="nofollow" href="?format=tar">Download as one archive</a>
      </p>
      <Pages {...pages} label="Pages, above the list" />
      <Entries listing={listing} />
      <Pages {...pages} label="Pages, below the list" />
    </main>,
  );
}

function Entries({ listing }: { listing: Listing }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="number">Size</th>
        </tr>
      </thead>
      <tbody>
        {listing.segments.length > 0 && (
          <tr>
            <td class="name">
              <a href="../">.. (parent directory)</a>
            </td>
            <td />
          </tr>
        )}
        {listing.items.map((item) => (
          <tr>
            <td class="name">
              <a href={entryHref(item)}>
                {shownName(item.name)}
                {item.kind === "directory" ? "/" : ""}
              </a>
            </td>
            <td class="number">{formatSize(item.size)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Pages({ page, pages, label }: { page: number; pages: number; label: string }) {
  if (pages === 1) return null;
  return (
    <nav class="pages" aria-label={label}>
      {page > 1 && <a rel="prev" href={`?page=${page - 1}`}>Previous</a>}
      <span>Page {page} of {pages}</span>
      {page < pages && <a rel="next" href={`?page=${page + 1}`}>Next</a>}
    </nav>
  );
}

/** Changes whenever the template does, and with it the ETag of every listing. */
export const LISTING_TEMPLATE = templateHash(listingPage({
  idText: "sample",
  segments: ["sample"],
  items: [{
    name: "a",
    kind: "directory",
    strongId: new Uint8Array(32) as never,
    size: 1,
    mime: "",
  }],
  entryCount: 3 * LISTING_ROWS,
  totalBytes: 1,
  page: 2,
}));
