import { addTexts } from ".";
import { expressions } from "./en/expressions";

addTexts({ expressions });
