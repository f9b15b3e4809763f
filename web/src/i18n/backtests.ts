import { addTexts } from ".";
import { backtests } from "./en/backtests";

addTexts({ backtests });
