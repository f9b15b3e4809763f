import { addTexts } from ".";
import { news } from "./en/news";

addTexts({ news });
