const NAME_CHARACTERS_MAX = 255;

/** A file name that is safe in a header and on any disk: no control characters, quotes, path
 * separators or lone surrogates; undefined if nothing is left. */
export function safeFileName(name: string): string | undefined {
  // deno-lint-ignore no-control-regex
  const clean = name.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "")
    .replace(/["/\\]/g, "").replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .trim();
  const short = [...clean].slice(0, NAME_CHARACTERS_MAX).join("");
  return short === "" || short === "." || short === ".." ? undefined : short;
}

/** Content-Disposition (RFC 6266): an ASCII fallback in which each other character is `_`, and the
 * real name beside it where the two differ (RFC 8187). */
export function contentDisposition(kind: "inline" | "attachment", name?: string): string {
  const safe = name === undefined ? undefined : safeFileName(name);
  if (safe === undefined) return kind;
  const ascii = safe.replace(/[^\x20-\x7e]/gu, "_");
  const plain = `${kind}; filename="${ascii}"`;
  return ascii === safe && !safe.includes("%")
    ? plain
    : `${plain}; filename*=UTF-8''${extendedValue(safe)}`;
}

/** RFC 8187 §3.2.1: percent-encodes all but attr-char. */
function extendedValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
