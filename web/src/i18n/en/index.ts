import { account } from "./account";
import { alerts } from "./alerts";
import { market } from "./market";
import { problems } from "./problems";
import { profile } from "./profile";
import { site } from "./site";
import { staff } from "./staff";
import { shell } from "./shell";
import { ui } from "./ui";

export const en = { account, alerts, market, problems, profile, shell, site, staff, ui } as const;
