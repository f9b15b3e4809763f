import { skipToken } from "@reduxjs/toolkit/query";
import { useEffect, useMemo } from "react";
import { useListCustomIndicatorsQuery, useReadExpressionMutation, useShowLanguageQuery } from "@/api";
import { messageFor, problemOf } from "@/api/problem";
import { useDebounced } from "@/ui/useDebounced";
import type { Vocabulary } from "./choices";
import type { Part } from "./parts";

/** What is wrong with a text. `column` counts from 1. */
export interface Mistake {
  message: string;
  column: number | null;
}

interface Reading {
  /** Null while it is read, and where it cannot be. */
  root: Part | null;
  mistake: Mistake | null;
}

/** Have the API read a text into its parts, a moment after the last key. */
export function useReading(text: string): Reading {
  const [ask, { data, error, originalArgs }] = useReadExpressionMutation();
  const settled = useDebounced(text, 300);
  useEffect(() => {
    if (settled.trim() === "") return;
    const asked = ask({ signalsExpressionIn: { expression: settled } });
    return () => asked.abort();
  }, [settled, ask]);
  if (text.trim() === "" || originalArgs?.signalsExpressionIn.expression !== text) return { root: null, mistake: null };
  return { root: error === undefined ? (data?.root ?? null) : null, mistake: error === undefined ? null : mistakeOf(error) };
}

function mistakeOf(error: unknown): Mistake | null {
  const problem = problemOf(error);
  // What is no fault of the text is said by whoever saves it.
  const message = messageFor(problem, "expression") ?? (problem.code === "plan_feature" ? problem.detail : null);
  if (message === null) return null;
  const { column } = (error as { data?: { column?: unknown } }).data ?? {};
  return { message, column: typeof column === "number" ? column : null };
}

/** The names of the language and one's own; undefined while they load. */
export function useVocabulary(wanted = true): Vocabulary | undefined {
  const { data: language } = useShowLanguageQuery(wanted ? undefined : skipToken);
  const { data: named } = useListCustomIndicatorsQuery(wanted ? undefined : skipToken);
  return useMemo(() => (language === undefined ? undefined : { ...language, own: named?.items ?? [] }), [language, named]);
}
