import { account } from "./account";
import { alerts } from "./alerts";
import { market } from "./market";
import { problems } from "./problems";
import { shell } from "./shell";
import { ui } from "./ui";

export const en = { account, alerts, market, problems, shell, ui } as const;
