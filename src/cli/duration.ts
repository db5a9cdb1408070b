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
