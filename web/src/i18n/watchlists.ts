import { addTexts } from ".";
import { watchlists } from "./en/watchlists";

addTexts({ watchlists });
