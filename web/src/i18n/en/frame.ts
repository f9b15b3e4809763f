/** Of the signed-in pages' frame. */
export const frame = {
  staff: "Staff",
  acting: {
    label: "Acting as another person",
    as: "Acting as {{name}} ({{role}})",
    by: "You are {{name}}. Read-only, {{left}} left.",
    exit: "Exit",
    left: "You are yourself again",
    readOnly: "You are looking as {{name}}, so nothing can be changed.",
  },
} as const;
