import {
  BUFFERS_BDP,
  LOSSES,
  MATRIX_CELLS,
  type MatrixCell,
  RATES_MBIT,
  REORDERS,
  RTTS_MS,
} from "../test/support/matrix_cells.ts";

/** What one flow reached on one kind of path. */
export interface PlayedCell {
  readonly control: string;
  readonly cell: MatrixCell;
  /** Goodput over the line's rate. */
  readonly share: number;
}

const CELL_WIDTH = 9, CELL_HEIGHT = 11;
const LEFT = 120, TOP = 72, HEADER = 76, GAP = 34, BLOCK_GAP = 8;
/** From dark to light: told apart without colours, too (viridis, in tenths). */
const SHADES = [
  "#440154",
  "#482475",
  "#414487",
  "#355f8d",
  "#2a788e",
  "#21918c",
  "#22a884",
  "#44bf70",
  "#7ad151",
  "#fde725",
];
const BLOCK_WIDTH = LOSSES.length * BUFFERS_BDP.length * CELL_WIDTH;
const PANEL_HEIGHT = RTTS_MS.length * (RATES_MBIT.length * CELL_HEIGHT + BLOCK_GAP);
const WIDTH = LEFT + REORDERS.length * (BLOCK_WIDTH + BLOCK_GAP) + 12;

/** Shares of the line as shades: a panel per controller, a line per round trip and rate, a block of
 * columns per kind of reordering, in it three per kind of loss: the queues, the shortest first.
 * @returns an SVG document. */
export function cellsPicture(played: readonly PlayedCell[]): string {
  const controls = [...new Set(played.map(({ control }) => control))];
  const height = TOP + controls.length * (HEADER + PANEL_HEIGHT + GAP);
  const panels = controls.map((control, i) => {
    const y = TOP + i * (HEADER + PANEL_HEIGHT + GAP);
    const cells = played.filter((one) => one.control === control);
    return `<g transform="translate(0 ${y})">${panel(control, cells)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="sans-serif" font-size="10">\n<rect width="${WIDTH}" height="${height}" ` +
    `fill="white"/>\n${title()}\n${panels.join("\n")}\n</svg>\n`;
}

function title(): string {
  const heading =
    `Goodput of one flow as a share of its line, ${MATRIX_CELLS.length} kinds of path`;
  const legend = SHADES.map((shade, i) =>
    `<rect x="${LEFT + 60 * i}" y="30" width="60" height="12" fill="${shade}"/>` +
    text(LEFT + 60 * i + 4, 53, `${i / 10} to ${(i + 1) / 10}`)
  );
  const key = `Lost at random, b: in bursts of 8. Three columns each: a queue of ${
    BUFFERS_BDP.join(", ")
  } bandwidth-delay products.`;
  return text(12, 20, heading, `font-size="15"`) + legend.join("") + text(LEFT, 67, key);
}

function panel(control: string, cells: readonly PlayedCell[]): string {
  const byShade = SHADES.map(() => "");
  for (const { cell, share } of cells) {
    const shade = Math.min(SHADES.length - 1, Math.max(0, Math.floor(share * SHADES.length)));
    byShade[shade] += `M${xOf(cell)} ${yOf(cell)}h${CELL_WIDTH - 1}v${CELL_HEIGHT - 1}h${
      1 - CELL_WIDTH
    }z`;
  }
  const paths = byShade.map((path, i) =>
    path === "" ? "" : `<path fill="${SHADES[i]}" d="${path}"/>\n`
  );
  return text(12, 14, control, `font-size="13" font-weight="bold"`) + columnNames() + lineNames() +
    paths.join("");
}

function columnNames(): string {
  return REORDERS.map((reorder, block) => {
    const x = LEFT + block * (BLOCK_WIDTH + BLOCK_GAP);
    const losses = LOSSES.map(({ percent, kind }, i) => {
      const at = x + (i + 0.6) * BUFFERS_BDP.length * CELL_WIDTH;
      const label = percent === 0 ? "no loss" : `${percent} %${kind === "bursts" ? " b" : ""}`;
      return `<text transform="translate(${at.toFixed(1)} ${HEADER - 4}) rotate(-60)">${label}` +
        "</text>";
    });
    const heading = reorder === "none" ? "in order" : `${reorder} late`;
    return text(x, 14, heading, `font-weight="bold"`) + losses.join("");
  }).join("");
}

function lineNames(): string {
  return RTTS_MS.flatMap((rttMs) =>
    RATES_MBIT.map((mbit) =>
      text(12, yOf({ rttMs, mbit }) + CELL_HEIGHT - 2, `${rttMs} ms, ${mbit} Mbit/s`)
    )
  ).join("");
}

function xOf({ reorder, loss, bufferBdp }: MatrixCell): number {
  const block = REORDERS.indexOf(reorder);
  const kind = LOSSES.indexOf(loss);
  const queue = BUFFERS_BDP.findIndex((bdp) => bdp === bufferBdp);
  return LEFT + block * (BLOCK_WIDTH + BLOCK_GAP) +
    (kind * BUFFERS_BDP.length + queue) * CELL_WIDTH;
}

function yOf({ rttMs, mbit }: Pick<MatrixCell, "rttMs" | "mbit">): number {
  const group = RTTS_MS.findIndex((ms) => ms === rttMs);
  const line = RATES_MBIT.findIndex((rate) => rate === mbit);
  return HEADER + group * (RATES_MBIT.length * CELL_HEIGHT + BLOCK_GAP) + line * CELL_HEIGHT;
}

function text(x: number, y: number, content: string, style = ""): string {
  return `<text x="${x}" y="${y}" ${style}>${content}</text>`;
}
