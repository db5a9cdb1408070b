/** @jsxImportSource hono/jsx */
import type { Bound, GateRow } from "../test/support/gate_rows.ts";

/** One gate row of one controller. */
export interface MatrixRow {
  readonly row: GateRow;
  readonly control: string;
  readonly bound: Bound;
  /** One per seed. */
  readonly values: readonly number[];
  readonly isHeld: boolean;
}

const LINE = 24;
const TOP = 64;
const TITLE_WIDTH = 400;
const STRIP_WIDTH = 240;
const VALUES_WIDTH = 210;
const COLUMN_WIDTH = STRIP_WIDTH + VALUES_WIDTH;
const HELD = "#1a7f37";
const MISSED = "#c0362c";
const ALLOWED = "#dcefe0";
const LINE_GREY = "#c4c4c4";

/** A strip for each row and controller: the allowed range shaded, a dot per seed, at the right the
 * least and the most. Each row has a scale of its own, the same for both controllers.
 * @returns an SVG document. */
export function matrixPicture(rows: readonly MatrixRow[], subtitle: string): string {
  const controls = [...new Set(rows.map(({ control }) => control))];
  const gates = [...new Set(rows.map(({ row }) => row))];
  const width = TITLE_WIDTH + controls.length * COLUMN_WIDTH;
  const height = TOP + gates.length * LINE + LINE;
  const picture = (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${width} ${height}`}
      font-family="sans-serif"
      font-size="12"
    >
      <rect width={width} height={height} fill="white" />
      <text x="12" y="22" font-size="15">Gate rows in the simulator, 100 Mbit/s, {subtitle}</text>
      {controls.map((control, i) => (
        <text key={control} x={TITLE_WIDTH + i * COLUMN_WIDTH} y={TOP - 16} font-weight="bold">
          {control}
        </text>
      ))}
      {gates.map((gate, i) => (
        <g key={gate.key} transform={`translate(0 ${TOP + i * LINE})`}>
          <text x="12" y="13">{gate.title}</text>
          {controls.map((control, column) => {
            const one = rows.find((row) => row.row === gate && row.control === control);
            if (one === undefined) return "";
            const x = TITLE_WIDTH + column * COLUMN_WIDTH;
            return (
              <g key={control} transform={`translate(${x} 0)`}>
                {strip(one, scaleOf(rows, gate))}
              </g>
            );
          })}
        </g>
      ))}
      <text x="12" y={height - 8} fill="#666">
        Shaded: allowed. A dot is a seed. Right: least to most, red where the row is missed.
      </text>
    </svg>
  );
  return `${picture.toString()}\n`;
}

/** From 0, or from where all values and bounds begin if that is far from 0. */
function scaleOf(rows: readonly MatrixRow[], gate: GateRow): (value: number) => number {
  const shown = rows.filter(({ row }) => row === gate)
    .flatMap(({ values, bound }) => [...values, bound.least, bound.most])
    .filter((value) => value !== undefined);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const from = least > 0.6 * most ? least - 0.25 * (most - least) : 0;
  const to = most + 0.05 * (most - from);
  return (value) => (value - from) / (to - from) * STRIP_WIDTH;
}

function strip({ row, bound, values, isHeld }: MatrixRow, x: (value: number) => number) {
  const from = bound.least === undefined ? 0 : x(bound.least);
  const to = bound.most === undefined ? STRIP_WIDTH : x(bound.most);
  const colour = isHeld ? HELD : MISSED;
  const [least, most] = [Math.min(...values), Math.max(...values)].map((v) => short(v));
  return (
    <>
      <rect x={from} y="1" width={to - from} height={LINE - 8} fill={ALLOWED} />
      <line x1="0" x2={STRIP_WIDTH} y1={LINE / 2 - 3} y2={LINE / 2 - 3} stroke={LINE_GREY} />
      {values.map((value, i) => (
        <circle
          key={i}
          cx={x(value).toFixed(1)}
          cy={LINE / 2 - 3}
          r="3"
          fill={colour}
          fill-opacity="0.35"
        />
      ))}
      <text x={STRIP_WIDTH + 8} y="13" fill={colour}>
        {`${least === most ? least : `${least} to ${most}`} ${row.unit}`}
      </text>
    </>
  );
}

function short(value: number): string {
  return value.toPrecision(3);
}
