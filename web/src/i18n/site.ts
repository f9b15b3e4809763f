import { addTexts } from ".";
import { site } from "./en/site";

addTexts({ site });
