/** Conditions that somebody waits for, looked at whenever something they depend on has changed: in the same turn, so that what they saw still holds. */
export class Waiting {
  #list: { readonly ready: () => boolean; readonly go: () => void }[] = [];
  #looking = false;
  #again = false;

  /** Calls `go` once, as soon as `ready` says yes: at once, or in the turn of a later `look`. */
  until(ready: () => boolean, go: () => void): void {
    if (ready()) return go();
    this.#list.push({ ready, go });
  }

  look(): void {
    this.#again = true;
    if (this.#looking) return; // what `go` changed is looked at by the loop that called it
    this.#looking = true;
    while (this.#again) {
      this.#again = false;
      for (let i = 0; i < this.#list.length; ) {
        const one = this.#list[i];
        if (one?.ready()) {
          this.#list.splice(i, 1);
          one.go();
        } else i++;
      }
    }
    this.#looking = false;
  }
}
