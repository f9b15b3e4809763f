import ExpandMoreRounded from "@mui/icons-material/ExpandMoreRounded";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import "@/i18n/indicators";
import { ALL, type Indicator } from "./indicators";

interface IndicatorMenuProps {
  chosen: readonly Indicator[];
  onChange: (chosen: Indicator[]) => void;
}

/** Which indicators are shown with the chart. Stays open while one chooses. */
export function IndicatorMenu({ chosen, onChange }: IndicatorMenuProps) {
  const { t } = useTranslation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Button
        size="small"
        variant="outlined"
        endIcon={<ExpandMoreRounded />}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        {t("indicators.chosen", { count: chosen.length })}
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)} slotProps={{ list: { "aria-label": t("indicators.menu") } }}>
        {ALL.map((each) => {
          const isOn = chosen.includes(each);
          return (
            <MenuItem
              key={each}
              role="menuitemcheckbox"
              aria-checked={isOn}
              dense
              onClick={() => onChange(ALL.filter((other) => (other === each ? !isOn : chosen.includes(other))))}
            >
              <Checkbox checked={isOn} tabIndex={-1} size="small" sx={{ p: 0.5, mr: 1 }} slotProps={{ input: { "aria-hidden": true } }} />
              {t(`indicators.names.${each}`)}
            </MenuItem>
          );
        })}
      </Menu>
    </>
  );
}
