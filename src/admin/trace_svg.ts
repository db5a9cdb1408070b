import type { Trace } from "../node/mod.ts";

/** Left edge of the time axis, its width, and the height of a row, in SVG's units. */
const LEFT = 300, WIDTH = 520, ROW = 30;
const TOP = 84;
/** Rows of a trace: hops are at most 24 and holders 64; a picture longer than this tells nobody
 * more. */
const HOLDERS_MAX = 16;
const TICKS = 5;

/** What a picture is drawn in: colours as CSS has them. */
export interface TraceInk {
  /** Behind everything. */
  readonly paper: string;
  readonly text: string;
  readonly line: string;
  readonly round: string;
  readonly holder: string;
  /** What was asked in vain; also the line of the first byte. */
  readonly mark: string;
}

/** For a file, which any program may show, and on any ground. */
export const FILE_INK: TraceInk = {
  paper: "#ffffff",
  text: "#222222",
  line: "#dddddd",
  round: "#0072b2",
  holder: "#009e73",
  mark: "#d55e00",
};

/** For a page with the colours of renderPage() and page.css, light or dark. */
export const PAGE_INK: TraceInk = {
  paper: "none",
  text: "var(--ink)",
  line: "var(--line)",
  round: "var(--link)",
  holder: "var(--held)",
  mark: "var(--wrong)",
};

/** A trace as a picture: a bar for each round of the lookup and for each holder's round trip, over
 * one axis of time that begins with the lookup's first question. It ends with what is drawn last:
 * ten seconds' wait for a dead holder would leave nothing of the rest to see. */
export function traceSvg(id: string, trace: Trace, ink: TraceInk = FILE_INK): string {
  const { rounds, holders, firstByteMs, totalMs } = trace;
  const shown = holders.slice(0, HOLDERS_MAX);
  const lasts = rounds.map(({ startedMs, ms }) => startedMs + ms);
  const drawnMs = Math.max(firstByteMs ?? 0, ...lasts, ...shown.map(({ rttMs }) => rttMs ?? 0));
  const endMs = Math.max(1, drawnMs > 0 ? drawnMs : totalMs);
  const x = (ms: number): number => LEFT + WIDTH * Math.max(0, ms) / endMs;
  const rows = [
    ...rounds.map(({ asked, answered, startedMs, ms }, i) => ({
      label: `round ${i + 1}`,
      from: startedMs,
      ms,
      note: `${answered} of ${asked} answered, ${inMs(ms)}`,
      colour: answered > 0 ? ink.round : ink.mark,
    })),
    ...shown.map(({ nodeId, address, rttMs, result }) => ({
      label: `${nodeId.slice(0, 8) || "holder"} ${address}`,
      // A holder tells how far it is, not when it was met: its bar begins with the axis.
      from: 0,
      ms: rttMs ?? 0,
      note: rttMs === undefined ? result : `${result}, round trip ${inMs(rttMs)}`,
      colour: rttMs === undefined ? ink.mark : ink.holder,
    })),
  ];
  const bottom = TOP + ROW * Math.max(1, rows.length);
  const parts = [
    text(20, 30, "20", traceVerdict(trace), "bold"),
    text(20, 52, "13", id),
    ...axis(x, endMs, bottom, ink.line),
    ...rows.flatMap(({ label, from, ms, note, colour }, i) => {
      const y = TOP + ROW * i;
      const width = Math.max(3, x(from + ms) - x(from));
      // Beside the bar where there is room, else in front of it.
      const isLate = x(from + ms) > LEFT + WIDTH * 0.55;
      const at = isLate ? x(from) + 6 : x(from) + width + 6;
      return [
        text(LEFT - 12, y + 19, "13", label, undefined, "end"),
        `<rect x="${px(x(from))}" y="${y + 5}" width="${px(width)}" height="${ROW - 10}" ` +
        `rx="3" fill="${colour}" fill-opacity="0.35" stroke="${colour}"/>`,
        text(at, y + 19, "12", note),
      ];
    }),
    ...(rows.length > 0 ? [] : [text(LEFT, TOP + 19, "13", "no other node was asked")]),
    ...(firstByteMs === undefined ? [] : [
      `<line x1="${px(x(firstByteMs))}" y1="${TOP - 6}" x2="${px(x(firstByteMs))}" ` +
      `y2="${bottom}" stroke="${ink.mark}" stroke-width="2"/>`,
      ...firstByte(x(firstByteMs), firstByteMs),
    ]),
    ...(holders.length > shown.length
      ? [text(20, bottom + 40, "12", `${holders.length - shown.length} more holders`)]
      : []),
  ];
  const height = bottom + 56;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 ${height}" width="860" ` +
    `height="${height}" font-family="sans-serif" role="img" ` +
    `aria-label="${escaped(traceVerdict(trace))}">\n` +
    `<rect width="860" height="${height}" fill="${ink.paper}"/>\n` +
    `<g fill="${ink.text}">\n${parts.join("\n")}\n</g>\n</svg>\n`;
}

/** A trace in half a sentence: when content came is one thing, when all was known another. */
export function traceVerdict({ holders, heldHere, firstByteMs, totalMs }: Trace): string {
  const elsewhere = heldHere ? "Held here, nobody else has it" : "Not found";
  if (holders.length === 0) return `${elsewhere}, known after ${inMs(totalMs)}`;
  const first = firstByteMs === undefined
    ? "no byte came"
    : `first byte after ${inMs(firstByteMs)}`;
  return `Found, ${first}, trace over after ${inMs(totalMs)}`;
}

function axis(
  x: (ms: number) => number,
  endMs: number,
  bottom: number,
  colour: string,
): string[] {
  return Array.from({ length: TICKS + 1 }, (_, i) => {
    const ms = endMs * i / TICKS;
    const line = `<line x1="${px(x(ms))}" y1="${TOP}" x2="${px(x(ms))}" y2="${bottom}" ` +
      `stroke="${colour}"/>`;
    return line + text(x(ms), bottom + 18, "12", inMs(ms), undefined, "middle");
  });
}

/** On the side of its line where there is room. */
function firstByte(at: number, ms: number): string[] {
  const isRight = at > LEFT + WIDTH / 2;
  const anchor = isRight ? "end" : "start";
  const words = `first byte of the content after ${inMs(ms)}`;
  return [text(at + (isRight ? -5 : 5), TOP - 6, "12", words, undefined, anchor)];
}

function text(
  x: number,
  y: number,
  size: string,
  words: string,
  weight = "normal",
  anchor = "start",
): string {
  return `<text x="${px(x)}" y="${y}" font-size="${size}" font-weight="${weight}" ` +
    `text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** What other nodes say of themselves must not become markup. */
function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const px = (value: number): string => Number(value.toFixed(1)).toString();
const inMs = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
