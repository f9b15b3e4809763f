import { useId, useMemo } from "react";

interface SparklineProps {
  /** Prices, oldest first, as numbers: they become pixels and nothing else. */
  values: number[];
  width: number;
  height: number;
  /** Drawn dotted, when it lies within the picture: the previous close. */
  baseline?: number;
  direction: "up" | "down" | "unchanged";
}

/** A line without axes. Decoration: the numbers beside it say what it shows. */
export function Sparkline({ values, width, height, baseline, direction }: SparklineProps) {
  const id = useId();
  const drawn = useMemo(() => {
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    const x = (index: number) => (index / Math.max(1, values.length - 1)) * width;
    const y = (value: number) => height - 2 - ((value - low) / span) * (height - 4);
    const line = values.map((value, index) => `${index === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
    return { line: line.join(""), y };
  }, [values, width, height]);
  if (values.length < 2) return <svg width="100%" height={height} aria-hidden />;
  const colour = direction === "unchanged" ? "var(--sw-palette-text-secondary)" : `var(--${direction})`;
  const baselineY = baseline === undefined ? null : drawn.y(baseline);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} preserveAspectRatio="none" aria-hidden>
      <linearGradient id={id} x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stopColor={colour} stopOpacity="0.18" />
        <stop offset="1" stopColor={colour} stopOpacity="0" />
      </linearGradient>
      <path d={`${drawn.line}L${width} ${height}L0 ${height}Z`} fill={`url(#${CSS.escape(id)})`} />
      {baselineY !== null && baselineY >= 0 && baselineY <= height && (
        <line
          x1="0"
          x2={width}
          y1={baselineY}
          y2={baselineY}
          stroke="var(--sw-palette-text-secondary)"
          strokeOpacity="0.5"
          strokeDasharray="2 3"
          vectorEffect="non-scaling-stroke"
        />
      )}
      <path d={drawn.line} fill="none" stroke={colour} strokeWidth="1.5" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
