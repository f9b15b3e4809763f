import Typography from "@mui/material/Typography";
import { useEffect, useRef, type ReactNode } from "react";
import { useNavigationType } from "react-router";

let firstPage = true;

/**
 * The page's one <h1> and its entry in the browser's title. After a change of page it takes the focus, so that a screen
 * reader says where one has arrived; on the first page the browser's own start is left alone.
 */
export function PageTitle({ children, title, hidden = false }: { children: ReactNode; title: string; hidden?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const navigation = useNavigationType();
  // Once, when the page appears: what changes in its address later (a tab, the alert panel) is not a new page.
  useEffect(() => {
    if (firstPage) firstPage = false;
    else if (navigation !== "REPLACE") heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <title>{`${title} · ShareWise`}</title>
      <Typography variant="h1" ref={heading} tabIndex={-1} className={hidden ? "visually-hidden" : undefined}>
        {children}
      </Typography>
    </>
  );
}
