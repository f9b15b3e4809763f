import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import Chip from "@mui/material/Chip";
import Link from "@mui/material/Link";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useListNewsQuery, type News, type Stock } from "@/api";
import { usePollingInterval } from "@/live/hooks";
import { DataState } from "@/ui/DataState";
import { Time } from "@/ui/Time";
import "@/i18n/news";

const PAGE_SIZE = 20;
const COLORS = { positive: "success", neutral: "default", negative: "error" } as const;

/** Headlines that name the stock, newest first, with how they sound. */
export default function StockNews({ stock }: { stock: Stock }) {
  const { t } = useTranslation();
  const [cursors, setCursors] = useState<(string | undefined)[]>([undefined]);
  return (
    <Card component="section" aria-labelledby="stock-news">
      <Typography id="stock-news" variant="h2" sx={{ fontSize: "0.9375rem", px: { xs: 2, sm: 2.5 }, pt: 2 }}>
        {t("news.title", { symbol: stock.symbol })}
      </Typography>
      <Typography variant="body2" color="textSecondary" sx={{ px: { xs: 2, sm: 2.5 }, pt: 0.5, pb: 1.5 }}>
        {t("news.about")}
      </Typography>
      {cursors.map((cursor, index) => (
        <OnePage key={cursor ?? ""} stock={stock} cursor={cursor} onMore={index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : null} />
      ))}
    </Card>
  );
}

function OnePage({ stock, cursor, onMore }: { stock: Stock; cursor: string | undefined; onMore: ((next: string) => void) | null }) {
  const { t } = useTranslation();
  const pollingInterval = usePollingInterval();
  // Older pages do not change; the first one may.
  const query = useListNewsQuery({ symbol: stock.instrument, limit: PAGE_SIZE, cursor }, { pollingInterval: cursor === undefined ? pollingInterval : 0 });
  return (
    <DataState
      query={query}
      what={t("news.what")}
      skeleton={<Skeleton variant="rounded" height={200} sx={{ m: 2.5 }} />}
      isEmpty={(page) => cursor === undefined && page.items.length === 0}
      empty={
        <Box sx={{ px: 4, pb: 4, textAlign: "center" }}>
          <Typography sx={{ fontWeight: 650 }}>{t("news.empty", { symbol: stock.symbol })}</Typography>
          <Typography color="textSecondary">{t("news.emptyText")}</Typography>
        </Box>
      }
    >
      {(page) => (
        <>
          <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
            {page.items.map((one) => (
              <Row key={one.id} one={one} instrument={stock.instrument} />
            ))}
          </Box>
          {onMore !== null && page.next_cursor !== null && (
            <Button fullWidth onClick={() => onMore(page.next_cursor as string)} sx={{ borderRadius: 0 }}>
              {t("ui.more")}
            </Button>
          )}
        </>
      )}
    </DataState>
  );
}

function Row({ one, instrument }: { one: News; instrument: string }) {
  const { t } = useTranslation();
  const others = one.instruments.filter((name) => name !== instrument);
  return (
    <Box component="li" sx={{ display: "grid", gap: 0.5, px: { xs: 2, sm: 2.5 }, py: 1.75, borderTop: 1, borderColor: "divider" }}>
      <Typography sx={{ fontWeight: 600, overflowWrap: "anywhere" }} lang={one.language === "und" ? undefined : one.language}>
        {isWebLink(one.url) ? (
          <Link href={one.url} target="_blank" rel="noopener noreferrer" color="inherit" underline="always">
            {one.headline}
            <span className="visually-hidden"> {t("news.opens")}</span>
          </Link>
        ) : (
          one.headline
        )}
      </Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1 }}>
        <Chip size="small" variant="outlined" color={COLORS[one.sentiment]} label={t(`news.sentiment.${one.sentiment}`)} />
        <Typography variant="body2" color="textSecondary">
          {one.source} · <Time iso={one.published_at} />
        </Typography>
      </Box>
      {others.length > 0 && (
        <Typography variant="caption" color="textSecondary">
          {t("news.also", { names: others.join(", ") })}
        </Typography>
      )}
    </Box>
  );
}

/** The API gives web addresses only; a page that makes links looks for itself. */
function isWebLink(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url);
}
