import { addTexts } from ".";
import { bulk } from "./en/bulk";

addTexts({ bulk });
