import type UPlot from "uplot";
import { storePlot, trafficPlot } from "../../../src/dashboard/plots.ts";
import { expect, test } from "../../support/harness.ts";

const ink = (property: string): string => property;
const NONE = {} as UPlot;

/** The range of a scale, given the times of the data and the range of its values. */
function range(
  options: UPlot.Options,
  scale: "x" | "y",
  { at = [], from = 0, to = 0 }: { at?: number[]; from?: number; to?: number },
): unknown {
  const given = options.scales?.[scale]?.range;
  const plot = { data: [at] } as unknown as UPlot;
  return typeof given === "function" ? given(plot, from, to, scale) : given;
}

test("a plot begins at nothing, has room above, and lies flat where nothing is", () => {
  const options = storePlot(400, ink);
  expect(range(options, "y", { from: 50, to: 100 })).toEqual([0, 110]);
  expect(range(options, "y", {})).toEqual([0, 1]);
});

test("a plot shows a minute at least, and else all there is", () => {
  const options = trafficPlot(400, ink);
  expect(range(options, "x", { at: [1000], from: 1000, to: 87_400 })).toEqual([940, 1000]);
  expect(range(options, "x", { at: [990, 1000] })).toEqual([940, 1000]);
  expect(range(options, "x", { at: [400, 700, 1000] })).toEqual([400, 1000]);
});

test("lines of one plot are told apart without colour, and take their ink from the page", () => {
  const [, sent, received] = trafficPlot(400, ink).series;
  expect([sent?.dash, received?.dash]).toEqual([undefined, [6, 4]]);
  const strokes = [sent, received].map((line) =>
    typeof line?.stroke === "function" ? line.stroke(NONE, 1) : line?.stroke
  );
  expect(strokes).toEqual(["--link", "--ink"]);
});

test("the axis tells bytes, of traffic those of a second", () => {
  const texts = (options: UPlot.Options) => {
    const values = options.axes?.[1]?.values;
    return typeof values === "function" ? values(NONE, [0, 2 ** 20], 1, 0, 0) : values;
  };
  expect(texts(trafficPlot(400, ink))).toEqual(["0 B/s", "1.00 MiB/s"]);
  expect(texts(storePlot(400, ink))).toEqual(["0 B", "1.00 MiB"]);
});
