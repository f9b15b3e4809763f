import MoreHorizRounded from "@mui/icons-material/MoreHorizRounded";
import IconButton from "@mui/material/IconButton";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import Tooltip from "@mui/material/Tooltip";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useLazyExportAlertsQuery } from "@/api";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { toastProblem, toastSuccess } from "@/ui/toasts";
import { saveText } from "./files";

/** What is done with all alerts rather than with one. */
export function MoreMenu() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [fetchFile] = useLazyExportAlertsQuery();
  const close = () => setOpen(false);

  async function save() {
    close();
    const answer = await fetchFile({});
    if (answer.data === undefined) {
      const problem = problemOf(answer.error);
      toastProblem(textOf(problem), problem);
      return;
    }
    saveText(answer.data, `sharewise-alerts-${new Date().toISOString().slice(0, 10)}.csv`, "text/csv");
    toastSuccess(t("bulk.exported"));
  }

  return (
    <>
      <Tooltip title={t("bulk.more")}>
        <IconButton ref={button} aria-label={t("bulk.more")} aria-haspopup="menu" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(true)}>
          <MoreHorizRounded />
        </IconButton>
      </Tooltip>
      <Menu id={id} anchorEl={() => button.current} open={isOpen} onClose={close}>
        <MenuItem component={Link} to="/alerts/watchlist-rules">{t("bulk.menu.rules")}</MenuItem>
        <MenuItem component={Link} to="/alerts/import">{t("bulk.menu.import")}</MenuItem>
        <MenuItem onClick={() => void save()}>{t("bulk.menu.export")}</MenuItem>
      </Menu>
    </>
  );
}
