import { addTexts } from ".";
import { companies } from "./en/companies";

addTexts({ companies });
