import { addTexts } from ".";
import { market } from "./en/market";

addTexts({ market });
