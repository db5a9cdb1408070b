/** An integer in a query, or `otherwise` if it is not there.
 * @throws {BadQuery} naming parameter, value and rule. */
export function integerOf(
  query: URLSearchParams,
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const text = query.get(name);
  if (text === null) return bounds.otherwise;
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new BadQuery(
    `?${name}= takes an integer from ${bounds.min} to ${bounds.max}, not ${JSON.stringify(text)}`,
  );
}

/** A request that is wrong in itself: 400, with no code of the node's own. */
export class BadQuery extends Error {
  override readonly name = "BadQuery";
}

/** Milliseconds a call into the node may take, from ?timeoutMs=; up to an hour. */
export function timeoutOf(query: URLSearchParams): number {
  return integerOf(query, "timeoutMs", { min: 1, max: 3_600_000, otherwise: 30_000 });
}
