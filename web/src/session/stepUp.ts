/** Asks the person to prove once more who they are, for calls that need a recent login. One question for all who wait. */
export class StepUp {
  #asked: { promise: Promise<boolean>; answer: (proved: boolean) => void } | null = null;
  #listeners = new Set<() => void>();

  /** Whether the question is open. */
  getState = (): boolean => this.#asked !== null;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Resolves to whether the person proved it. */
  ask(): Promise<boolean> {
    if (this.#asked === null) {
      let answer: (proved: boolean) => void = () => undefined;
      const promise = new Promise<boolean>((resolve) => {
        answer = resolve;
      });
      this.#asked = { promise, answer };
      this.#tell();
    }
    return this.#asked.promise;
  }

  /** Close the question: it was proved, or the person would rather not. */
  close(proved: boolean): void {
    const asked = this.#asked;
    this.#asked = null;
    asked?.answer(proved);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
