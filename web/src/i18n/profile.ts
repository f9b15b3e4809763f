import { addTexts } from ".";
import { profile } from "./en/profile";

addTexts({ profile });
