/** Strong and weak validators and the conditions on them (RFC 9110 §8.8.3, §13.1). A tag is kept in
 * its wire form, quotes included. */

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/;

/** The tags of a list, in order; undefined if the list is malformed, `*` if it is that. */
function parseTags(header: string): readonly string[] | "*" | undefined {
  let rest = header.trim();
  if (rest === "*") return "*";
  const tags: string[] = [];
  while (rest !== "") {
    const tag = TAG.exec(rest)?.[0];
    if (tag === undefined) return undefined;
    tags.push(tag);
    const after = rest.slice(tag.length).trimStart();
    if (after !== "" && !after.startsWith(",")) return undefined;
    rest = after.replace(/^[,\s]+/, "");
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

/** Whether a Range may be honoured beside If-Range `header`: strong comparison only. A date never
 * matches, for nothing here has a Last-Modified. */
export function ifRangeAllows(header: string | undefined, tag: string): boolean {
  if (header === undefined) return true;
  return !tag.startsWith("W/") && header.trim() === tag;
}
