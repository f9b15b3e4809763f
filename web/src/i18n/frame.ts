import { addTexts } from ".";
import { frame } from "./en/frame";

addTexts({ frame });
