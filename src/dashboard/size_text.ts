const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes for people, three digits and a binary unit, as the rest of the page has them: "1.50 MiB".
 * @param bytes ≥ 0. */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1024;
  const digits = unit === 0 || value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
  return `${digits} ${UNITS[unit] ?? ""}`;
}
