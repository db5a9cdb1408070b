const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of a size as people write it: `1048576`, `500MB` (powers of 1,000), `10GiB` (powers of
 * 1,024), `1.5 TiB`; letter case and one space do not matter. Fractions of a byte are cut off.
 * Undefined if it is none, or beyond 2^53 - 1. A bare `10G` is refused: it means two things. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]{1,16}(?:\.[0-9]{1,9})?) ?([a-z]{0,3})$/i.exec(text.trim());
  const factor = UNITS[(match?.[2] ?? "").toLowerCase()];
  if (match === null || factor === undefined) return undefined;
  const bytes = Math.floor(Number(match[1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size for people, in three significant digits: `512 B`, `1.5 MiB`, `64.0 MiB`, `10.0 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
  return `${text} ${BINARY[unit]}`;
}

/** The shortest text that parseSize() reads back as exactly `bytes`. */
export function exactSize(bytes: number): string {
  for (let unit = BINARY.length - 1; unit > 0; unit--) {
    const factor = 2 ** (10 * unit);
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${BINARY[unit]}`;
  }
  return String(bytes);
}
