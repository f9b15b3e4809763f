import { useEffect } from "react";
import { useLocation, useNavigationType } from "react-router";

/** A new page begins at its top; Back and Forward are left where the browser puts them. */
export function ScrollToTop() {
  const { pathname } = useLocation();
  const navigation = useNavigationType();
  useEffect(() => {
    if (navigation !== "POP") window.scrollTo(0, 0);
  }, [pathname, navigation]);
  return null;
}
