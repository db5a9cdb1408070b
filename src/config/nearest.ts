/** Levenshtein distance: the fewest inserted, deleted or replaced characters from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const deleted = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, deleted, inserted));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** What `text` was probably meant to be: the nearest of `valid`, the first of equals; undefined if
 * more than half of its characters would be wrong, or more than three. Texts are compared by their
 * first 64. */
export function nearest(text: string, valid: readonly string[]): string | undefined {
  const short = text.slice(0, 64).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(Math.ceil(short.length / 2), 3) + 1;
  for (const candidate of valid) {
    const distance = editDistance(short, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The end of a sentence about an unknown `text`: `; did you mean this?`, or nothing. */
export function didYouMean(
  text: string,
  valid: readonly string[],
  quote = (name: string) => name,
): string {
  const meant = nearest(text, valid);
  return meant === undefined ? "" : `; did you mean ${quote(meant)}?`;
}
