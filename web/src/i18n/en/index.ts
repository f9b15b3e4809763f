import { problems } from "./problems";
import { shell } from "./shell";
import { ui } from "./ui";

export const en = { problems, shell, ui } as const;
