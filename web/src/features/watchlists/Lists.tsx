import ArrowUpwardRounded from "@mui/icons-material/ArrowUpwardRounded";
import SpaceDashboardRounded from "@mui/icons-material/SpaceDashboardRounded";
import Box from "@mui/material/Box";
import ButtonBase from "@mui/material/ButtonBase";
import Card from "@mui/material/Card";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { useTranslation } from "react-i18next";
import { useOrderWatchlistsMutation, type Watchlist } from "@/api";
import { problemOf } from "@/api/problem";
import { useProblemText } from "@/ui/problemText";
import { useReadOnly } from "@/ui/readOnly";
import { toastProblem } from "@/ui/toasts";
import { movedUp } from "./order";

interface ListsProps {
  lists: Watchlist[];
  /** The id of the one that is shown. */
  chosen: string;
  onChoose: (id: string) => void;
}

/** The names of the lists, in their order. */
export function Lists({ lists, chosen, onChoose }: ListsProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const readOnly = useReadOnly();
  const [order, { isLoading }] = useOrderWatchlistsMutation();

  async function moveUp(index: number) {
    const answer = await order({ marketWatchlistsOrder: { watchlists: movedUp(lists.map((list) => list.id), index) } });
    if (answer.error !== undefined) toastProblem(textOf(problemOf(answer.error)), problemOf(answer.error));
  }

  return (
    <Card component="nav" aria-label={t("watchlists.lists")} sx={{ p: 1 }}>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0, display: { xs: "flex", md: "block" }, overflowX: "auto", gap: 0.5 }}>
        {lists.map((list, index) => (
          <Box component="li" key={list.id} sx={{ display: "flex", alignItems: "center", flexShrink: 0 }}>
            <ButtonBase
              aria-current={list.id === chosen ? "true" : undefined}
              onClick={() => onChoose(list.id)}
              sx={{
                flex: 1,
                minWidth: 0,
                justifyContent: "flex-start",
                textAlign: "left",
                gap: 1,
                px: 1.5,
                py: 1,
                minHeight: 44,
                borderRadius: 2,
                bgcolor: list.id === chosen ? "action.selected" : undefined,
                "&:hover": { bgcolor: "action.hover" },
              }}
            >
              <Box sx={{ minWidth: 0 }}>
                <Typography noWrap sx={{ fontWeight: 600, maxWidth: 180 }}>
                  {list.name}
                </Typography>
                <Typography variant="caption" color="textSecondary" component="p">
                  {t("watchlists.count", { count: list.instruments.length })}
                </Typography>
              </Box>
              {list.is_default && <SpaceDashboardRounded fontSize="small" titleAccess={t("watchlists.isDefault")} sx={{ color: "text.secondary", ml: "auto" }} />}
            </ButtonBase>
            {index > 0 && (
              <IconButton
                size="small"
                aria-label={t("watchlists.moveListUp", { name: list.name })}
                disabled={isLoading || readOnly !== null}
                onClick={() => void moveUp(index)}
                sx={{ display: { xs: "none", md: "inline-flex" } }}
              >
                <ArrowUpwardRounded fontSize="inherit" />
              </IconButton>
            )}
          </Box>
        ))}
      </Box>
    </Card>
  );
}
