import { addTexts } from ".";
import { strategies } from "./en/strategies";

addTexts({ strategies });
