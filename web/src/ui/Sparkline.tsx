import { memo, useId } from "react";

interface SparklineProps {
  /** Prices, oldest first, as numbers: they become pixels and nothing else. */
  values: number[];
  width: number;
  height: number;
  direction: "up" | "down" | "unchanged";
}

/** A line without axes. Decoration: the numbers beside it say what it shows. */
export const Sparkline = memo(function Sparkline({ values, width, height, direction }: SparklineProps) {
  const id = useId();
  if (values.length < 2) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * width;
    const y = height - 2 - ((value - low) / span) * (height - 4);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${points.join("L")}`;
  const colour = direction === "unchanged" ? "var(--sw-palette-text-secondary)" : `var(--${direction})`;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} preserveAspectRatio="none" aria-hidden>
      <linearGradient id={id} x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stopColor={colour} stopOpacity="0.18" />
        <stop offset="1" stopColor={colour} stopOpacity="0" />
      </linearGradient>
      <path d={`${line}L${width} ${height}L0 ${height}Z`} fill={`url(#${id})`} />
      <path d={line} fill="none" stroke={colour} strokeWidth="1.5" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
