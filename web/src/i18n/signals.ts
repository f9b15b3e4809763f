import { addTexts } from ".";
import { signals } from "./en/signals";

addTexts({ signals });
