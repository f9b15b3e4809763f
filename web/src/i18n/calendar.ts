import { addTexts } from ".";
import { calendar } from "./en/calendar";

addTexts({ calendar });
