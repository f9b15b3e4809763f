import { alerts } from "./alerts";
import { market } from "./market";
import { problems } from "./problems";
import { shell } from "./shell";
import { ui } from "./ui";

export const en = { alerts, market, problems, shell, ui } as const;
