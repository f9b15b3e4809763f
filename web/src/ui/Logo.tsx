import Box from "@mui/material/Box";

/** The mark and the name; the mark alone where there is little room. */
export function Logo({ markOnly = false }: { markOnly?: boolean }) {
  return (
    <Box component="span" sx={{ display: "inline-flex", alignItems: "center", gap: 1.25, color: "text.primary" }}>
      <Box component="svg" viewBox="0 0 32 32" width={30} height={30} aria-hidden sx={{ flexShrink: 0 }}>
        <rect width="32" height="32" rx="9" fill="var(--sw-palette-primary-main)" />
        <path
          d="M7 21.5 12.6 15l4.2 3.6L25 9.5"
          fill="none"
          stroke="var(--sw-palette-primary-contrastText)"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <circle cx="25" cy="9.5" r="2.9" fill="var(--sw-palette-primary-contrastText)" />
      </Box>
      <Box
        component="span"
        className={markOnly ? "visually-hidden" : undefined}
        sx={{ fontWeight: 700, fontSize: "1.0625rem", letterSpacing: "-0.02em" }}
      >
        ShareWise
      </Box>
    </Box>
  );
}
