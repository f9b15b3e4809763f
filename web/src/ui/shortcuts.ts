import { useEffect } from "react";
import { usePreferences } from "@/preferences/hooks";

/** How long after `g` the second key may come. */
const SEQUENCE_MS = 1_200;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/**
 * Listen for shortcuts: `/`, `?`, `r`, a sequence `g d`, or a chord `ctrl+k`, `alt+a`. Single keys and sequences are
 * quiet while one types, while a dialog or menu is open, and when the person has switched them off.
 */
export function useShortcuts(actions: Record<string, () => void>): void {
  const { shortcuts } = usePreferences();
  useEffect(() => {
    let first = "";
    let at = 0;
    function onKey(event: KeyboardEvent) {
      const key = event.key.toLowerCase();
      const chord = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.altKey ? "alt+" : ""}${key}`;
      if (chord !== key) {
        run(chord, event);
        return;
      }
      const busy = isTyping(event.target) || document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null;
      if (!shortcuts || busy || event.defaultPrevented) return;
      // After `g` the next key names a place and nothing else, also for a page that knows the key by itself.
      const isSecond = first === "g" && Date.now() - at < SEQUENCE_MS;
      first = isSecond ? "" : key;
      at = Date.now();
      run(isSecond ? `g ${key}` : key, event);
    }
    function run(keys: string, event: KeyboardEvent): void {
      const action = actions[keys];
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [actions, shortcuts]);
}
