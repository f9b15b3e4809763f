import { addTexts } from ".";
import { shell } from "./en/shell";

addTexts({ shell });
