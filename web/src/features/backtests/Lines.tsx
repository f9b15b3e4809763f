import Box from "@mui/material/Box";

const WIDTH = 960;
const EDGE = 4;

export interface Line {
  values: (number | null)[];
  colour: string;
  /** Filled down to zero. */
  filled?: boolean;
  dashed?: boolean;
}

export interface Mark {
  /** Where on the line, counted from 0. */
  place: number;
  value: number;
  colour: string;
  up: boolean;
}

/** Lines over the same places. Decoration: what they show stands beside them in words and tables. */
export function Lines({ lines, marks = [], height, span }: { lines: Line[]; marks?: Mark[]; height: number; span?: [number, number] | null }) {
  const known = [...lines.flatMap(({ values }) => values), ...marks.map(({ value }) => value)].filter((value) => value !== null);
  if (known.length === 0) return null;
  const low = known.reduce((least, value) => Math.min(least, value), Infinity);
  const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  const most = Math.max(...lines.map(({ values }) => values.length));
  const [from, to] = span ?? [0, most - 1];
  const x = (place: number) => EDGE + ((place - from) / Math.max(1, to - from)) * (WIDTH - 2 * EDGE);
  const y = (value: number) => height - EDGE - ((value - low) / (high - low || 1)) * (height - 2 * EDGE);
  return (
    <Box component="svg" viewBox={`0 0 ${WIDTH} ${height}`} preserveAspectRatio="none" aria-hidden sx={{ width: "100%", height, display: "block", borderRadius: 1, bgcolor: "action.hover" }}>
      {lines.map(({ values, colour, filled, dashed }, index) => {
        const points = values.flatMap((value, place) => (value === null || place < from || place > to ? [] : [`${x(place).toFixed(1)} ${y(value).toFixed(1)}`]));
        const path = `M${points.join("L")}`;
        return (
          <g key={index}>
            {filled && <path d={`${path}L${x(Math.min(to, values.length - 1)).toFixed(1)} ${y(Math.min(high, 0)).toFixed(1)}L${x(from).toFixed(1)} ${y(Math.min(high, 0)).toFixed(1)}Z`} fill={colour} opacity="0.2" />}
            <path d={path} fill="none" stroke={colour} strokeWidth="1.6" strokeDasharray={dashed ? "5 4" : undefined} vectorEffect="non-scaling-stroke" />
          </g>
        );
      })}
      {marks.filter(({ place }) => place >= from && place <= to).map(({ place, value, colour, up }, index) => (
        <path
          key={index}
          d={up ? `M${x(place)} ${y(value)}l-6 10h12z` : `M${x(place)} ${y(value)}l-6 -10h12z`}
          fill={colour}
          stroke="var(--sw-palette-background-paper)"
        />
      ))}
    </Box>
  );
}
