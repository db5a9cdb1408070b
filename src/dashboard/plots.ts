import type { Options, Series } from "uplot";
import { sizeText } from "./size_text.ts";

/** The value of a custom property of the page's style, as "--ink". */
export type Ink = (property: string) => string;

/** Height of a plot, CSS pixels. */
export const PLOT_HEIGHT = 180;
/** Shortest stretch of time across a plot. */
const SHOWN_SECONDS_MIN = 60;
/** Room for "1000 MiB/s" beside the axis. */
const AXIS_WIDTH = 84;

/** Bytes sent and received a second, the second dashed: not told apart by colour alone. */
export function trafficPlot(width: number, ink: Ink): Options {
  return plotOf(width, ink, "/s", [
    { stroke: () => ink("--link"), width: 2 },
    { stroke: () => ink("--ink"), width: 2, dash: [6, 4] },
  ]);
}

/** Bytes in the store. */
export function storePlot(width: number, ink: Ink): Options {
  return plotOf(width, ink, "", [{ stroke: () => ink("--link"), width: 2 }]);
}

/** What there is, but no less than would look like a plot. From the data: uPlot's own idea of the
 * range of a single point is a day. */
function timeShown(at: ArrayLike<number>): [number, number] {
  const [from, to] = [at[0] ?? 0, at[at.length - 1] ?? 0];
  return [Math.min(from, to - SHOWN_SECONDS_MIN), to];
}

function plotOf(width: number, ink: Ink, per: string, lines: Series[]): Options {
  const axis = {
    stroke: () => ink("--soft"),
    grid: { stroke: () => ink("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: ({ data: [at] }) => timeShown(at) },
      // From nothing, with room above; a flat line of nothing lies at the bottom.
      y: { range: (_plot, _from, to) => [0, Math.max(to + to / 10, 1)] },
    },
    axes: [
      { ...axis, values: "{HH}:{mm}:{ss}", space: 90 },
      {
        ...axis,
        size: AXIS_WIDTH,
        values: (_plot, at) => at.map((value) => sizeText(value) + per),
        incrs: [...Array(50).keys()].map((power) => 2 ** power),
      },
    ],
    series: [{}, ...lines],
  };
}
