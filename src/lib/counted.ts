/** A number with what it counts, in the singular where it is one: "1 holder", "0 holders".
 * @param many the plural, where it is not `one` with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
