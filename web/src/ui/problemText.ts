import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { problems } from "@/i18n/en/problems";

type Known = keyof typeof problems;

function isKnown(code: string): code is Known {
  return code in problems;
}

/** Gives a function that says a problem in a person's words: ours for the codes that we know, else the API's. */
export function useProblemText(): (problem: Problem) => string {
  const { t } = useTranslation();
  return (problem) => {
    if (problem.code === "plan_limit" && problem.limit === null) return problem.detail;
    if (isKnown(problem.code)) {
      return t(`problems.${problem.code}`, { count: problem.limit ?? 0, seconds: problem.retryAfterSeconds ?? 60 });
    }
    return problem.detail || problem.title || t("problems.unexpected");
  };
}
