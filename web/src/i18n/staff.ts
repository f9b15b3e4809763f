import { addTexts } from ".";
import { staff } from "./en/staff";

addTexts({ staff });
