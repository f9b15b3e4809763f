import { addTexts } from ".";
import { alerts } from "./en/alerts";

addTexts({ alerts });
