/** How many slices a bitmap has. */
export function countBits(bitmap: number): number {
  let count = 0;
  for (let rest = bitmap; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The first `count` of them, or all. */
export function lowestBits(bitmap: number, count: number): number {
  let taken = 0;
  let rest = bitmap;
  for (let i = 0; i < count && rest !== 0; i++) {
    taken |= rest & -rest;
    rest &= rest - 1;
  }
  return taken;
}
