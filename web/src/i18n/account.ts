import { addTexts } from ".";
import { account } from "./en/account";

addTexts({ account });
