import { failures } from "./failures";
import { problems } from "./problems";
import { ui } from "./ui";

export const en = { failures, problems, ui } as const;
