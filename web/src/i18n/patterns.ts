import { addTexts } from ".";
import { patterns } from "./en/patterns";

addTexts({ patterns });
