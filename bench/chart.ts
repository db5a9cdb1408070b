import { init } from "echarts";
import { writeFileSync } from "node:fs";

export interface Series {
  readonly name: string;
  /** [x, y], in the order of x. */
  readonly points: readonly (readonly [number, number])[];
  /** A claim or an aim, drawn dashed beside what was measured. */
  readonly isAim?: boolean;
}

export interface Chart {
  readonly title: string;
  /** What was measured or simulated, where and how. */
  readonly subtitle: string;
  readonly xName: string;
  readonly yName: string;
  readonly series: readonly Series[];
  readonly isXLog?: boolean;
  readonly isYLog?: boolean;
  readonly yMax?: number;
  readonly xMax?: number;
  /** Points as well as lines: for few of them. */
  readonly hasMarks?: boolean;
}

const WIDTH = 860, HEIGHT = 480;
/** Told apart by those who do not see red and green apart (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444"];

/** Lines in a frame, as the text of an SVG: white behind it, so that it reads on dark pages too. */
export function chartSvg(chart: Chart): string {
  const drawing = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  const axis = (name: string, isLog: boolean | undefined, max: number | undefined) => ({
    type: isLog === true ? "log" as const : "value" as const,
    name,
    nameLocation: "middle" as const,
    ...(max === undefined ? {} : { max }),
    minorSplitLine: { show: false },
    axisLine: { show: true },
  });
  drawing.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    title: { text: chart.title, subtext: chart.subtitle, left: "center" },
    legend: { bottom: 4, itemGap: 36 }, // texts are drawn wider than they are reckoned here
    grid: { left: 70, right: 30, top: 70, bottom: 90 },
    xAxis: { ...axis(chart.xName, chart.isXLog, chart.xMax), nameGap: 30 },
    yAxis: { ...axis(chart.yName, chart.isYLog, chart.yMax), nameGap: 45 },
    series: chart.series.map(({ name, points, isAim }) => ({
      name,
      type: "line" as const,
      data: points.map(([x, y]) => [x, y]),
      showSymbol: chart.hasMarks === true,
      symbolSize: 7,
      lineStyle: { width: 2, type: isAim === true ? "dashed" as const : "solid" as const },
    })),
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg;
}

/** Draws a chart into a file. */
export function writeChart(path: string, chart: Chart): void {
  writeFileSync(path, chartSvg(chart) + "\n");
}
