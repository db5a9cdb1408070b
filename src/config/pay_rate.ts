import { exactSize, parseSize } from "./size.ts";

/** What credit costs: so many credit bytes for one unit of money. */
export interface PayRate {
  /** At least 1. */
  readonly cbPerUnit: bigint;
  /** As sat or EUR; 1 to 16 characters. */
  readonly unit: string;
}

const UNIT = /^[A-Za-z0-9._-]{1,16}$/;

/** Reads `SIZE/UNIT`, as `10MiB/sat` or `1GB/cent`: credit bytes for each whole unit. Undefined if
 * it is not that. */
export function parsePayRate(text: string): PayRate | undefined {
  const [size = "", unit = "", ...rest] = text.split("/");
  const bytes = parseSize(size);
  if (rest.length > 0 || bytes === undefined || bytes < 1 || !UNIT.test(unit)) return undefined;
  return { cbPerUnit: BigInt(bytes), unit };
}

/** The text that parsePayRate() reads back. */
export function formatPayRate({ cbPerUnit, unit }: PayRate): string {
  return `${exactSize(Number(cbPerUnit))}/${unit}`;
}
