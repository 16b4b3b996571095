/** Beside the one in place of the first comma. */
const BRACKET = 1;

/**
 * Gathers what one turn sends into one frame: a message alone as it is, several as an array. A router hands on the records of
 * every partition of a fetch in one turn, and each frame is a write to a socket here and a read there.
 */
export class Turn {
  readonly #most: number;
  readonly #write: (frame: string) => void;
  #texts: string[] = [];
  #scheduled = false;
  /** of the frame that is being gathered; 0 = none is */
  bytes = 0;

  /** `most` = bytes of one frame of several messages; what does not fit begins the next one. */
  constructor(most: number, write: (frame: string) => void) {
    this.#most = most;
    this.#write = write;
  }

  add(text: string): void {
    const bytes = Buffer.byteLength(text) + 1; // with the comma before it
    if (this.bytes + bytes > this.#most) this.flush();
    this.#texts.push(text);
    this.bytes += this.bytes === 0 ? bytes + BRACKET : bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Behind all microtasks of this turn, before anything else: a log may hand on the partitions of one fetch in microtasks of one turn.
    queueMicrotask(() => process.nextTick(this.#end));
  }

  /** Writes what was gathered so far. */
  flush(): void {
    const texts = this.#texts;
    if (texts.length === 0) return;
    this.#texts = [];
    this.bytes = 0;
    this.#write(texts.length === 1 ? (texts[0] as string) : `[${texts.join(',')}]`);
  }

  readonly #end = (): void => {
    this.#scheduled = false;
    this.flush();
  };
}
