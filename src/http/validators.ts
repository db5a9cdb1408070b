/** Strong and weak validators and the conditions on them (RFC 9110 §8.8.3, §13.1). A tag is kept in
 * its wire form, quotes included. */

/** The next tag of a list, with what parts it from the one behind it. Sticky, so a long list is
 * read once and not cut short tag by tag. */
const NEXT_TAG = /((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")\s*(?:,[,\s]*|$)/y;

/** The tags of a list, in order; undefined if the list is malformed, `*` if it is that. */
function parseTags(header: string): readonly string[] | "*" | undefined {
  const list = header.trim();
  if (list === "*") return "*";
  const tags: string[] = [];
  NEXT_TAG.lastIndex = 0;
  for (let end = 0; end < list.length; end = NEXT_TAG.lastIndex) {
    const tag = NEXT_TAG.exec(list)?.[1];
    if (tag === undefined) return undefined;
    tags.push(tag);
  }
  return tags;
}

const opaque = (tag: string): string => tag.startsWith("W/") ? tag.slice(2) : tag;

/** Whether If-None-Match `header` names `tag` (weak comparison): `any` for `*`, which matches only
 * what is known to exist. A malformed list matches nothing, so it costs bytes, never freshness. */
export function noneMatch(header: string | undefined, tag: string): "hit" | "any" | "miss" {
  const tags = header === undefined ? undefined : parseTags(header);
  if (tags === undefined) return "miss";
  if (tags === "*") return "any";
  return tags.some((one) => opaque(one) === opaque(tag)) ? "hit" : "miss";
}

/** Whether If-Match `header` lets `tag` be sent: strong comparison, so a weak one is never meant
 * (RFC 9110 §13.1.1). A malformed list names none. */
export function ifMatchAllows(header: string | undefined, tag: string): boolean {
  const tags = header === undefined ? "*" : parseTags(header);
  return tags === "*" || (!tag.startsWith("W/") && tags?.includes(tag) === true);
}

/** Whether a Range may be honoured beside If-Range `header`: strong comparison only. A date never
 * matches, for nothing here has a Last-Modified. */
export function ifRangeAllows(header: string | undefined, tag: string): boolean {
  if (header === undefined) return true;
  return !tag.startsWith("W/") && header.trim() === tag;
}
