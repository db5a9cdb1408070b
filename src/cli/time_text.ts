/** A moment for people and scripts, exact to the second: `2027-01-15T08:00:00Z`.
 * @param unixMs within the years that a Date can hold. */
export function timeText(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`;
}
