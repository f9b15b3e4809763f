import { addTexts } from ".";
import { marketData } from "./en/marketData";

addTexts({ marketData });
