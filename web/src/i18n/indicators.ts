import { addTexts } from ".";
import { indicators } from "./en/indicators";

addTexts({ indicators });
