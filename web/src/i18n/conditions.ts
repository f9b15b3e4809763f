import { addTexts } from ".";
import { conditions } from "./en/conditions";

addTexts({ conditions });
