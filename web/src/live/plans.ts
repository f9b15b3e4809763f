/** What can be waiting to happen; `join` and `hidden` outlive a connection. */
export type Plan = "sign-in" | "dead" | "quiet" | "retry" | "join" | "hidden";

/** Timers by name: planning anew replaces the earlier plan of that name. */
export class Plans {
  #timers = new Map<Plan, ReturnType<typeof setTimeout>>();

  after(plan: Plan, milliseconds: number, run: () => void): void {
    this.cancel(plan);
    const timer = setTimeout(() => {
      this.#timers.delete(plan);
      run();
    }, milliseconds);
    this.#timers.set(plan, timer);
  }

  cancel(plan: Plan): void {
    clearTimeout(this.#timers.get(plan));
    this.#timers.delete(plan);
  }

  has(plan: Plan): boolean {
    return this.#timers.has(plan);
  }
}
