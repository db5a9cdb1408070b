const UNITS: readonly (readonly [number, string])[] = [
  [365.25 * 86_400, "years"],
  [86_400, "days"],
  [3600, "h"],
  [60, "min"],
];

/** A duration for people, in two or three digits of the largest fitting unit: `450 ms`, `4.7 s`,
 * `12 min`, `5.8 h`, `3.9 days`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  for (const [length, unit] of UNITS) {
    if (seconds >= length * 0.9995) return `${threeDigits(seconds / length)} ${unit}`;
  }
  return `${threeDigits(seconds)} s`;
}

function threeDigits(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

const MS_OF: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** As long as a node keeps a purchase in mind. */
const MS_MAX = 30 * 86_400_000;

/** Milliseconds of a duration as people write it: `500ms`, `20s`, `1.5min`, `2h`, `1d`; undefined
 * if it is none, is nothing or lasts longer than 30 days. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(ms|s|min|h|d)$/.exec(text.trim());
  if (match === null) return undefined;
  const ms = Math.round(Number(match[1]) * (MS_OF[match[2] ?? ""] ?? NaN));
  return ms > 0 && ms <= MS_MAX ? ms : undefined;
}

/** An uptime, exact to the second: `3d 0h 5m 6s`, without leading zero parts. */
export function formatUptime(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts.slice(first < 0 ? -1 : first).map(([count, unit]) => `${count}${unit}`).join(" ");
}
