/**
 * One tab tells of an event, the others keep quiet. A lock named after the event is held for a while by the tab that
 * got it first; tabs that open later know it from what this browser remembers.
 */

const REMEMBERED_KEY = "sharewise.told";
const REMEMBERED = 200;
const HOLD_MS = 10_000;

/** Say whether this tab is the one to tell of the event. */
export async function claim(id: string): Promise<boolean> {
  if (toldBefore().includes(id)) return false;
  if (!("locks" in navigator) || navigator.locks === undefined) {
    remember(id);
    return true;
  }
  return new Promise((resolve) => {
    void navigator.locks.request(`sharewise.tell.${id}`, { ifAvailable: true }, async (lock) => {
      const ours = lock !== null && !toldBefore().includes(id);
      if (ours) remember(id);
      resolve(ours);
      if (ours) await new Promise((done) => setTimeout(done, HOLD_MS));
    });
  });
}

function toldBefore(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(REMEMBERED_KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

function remember(id: string): void {
  const told = toldBefore();
  localStorage.setItem(REMEMBERED_KEY, JSON.stringify([...told, id].slice(-REMEMBERED)));
}
