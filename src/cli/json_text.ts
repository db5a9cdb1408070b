/** The value that a text spells; undefined if it is no JSON, which a schema then refuses. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
