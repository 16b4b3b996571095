import type { Interface } from 'node:readline';

/** Prints lines above what is being typed. */
export class Screen {
  readonly #lines: Interface;

  constructor(lines: Interface) {
    this.#lines = lines;
  }

  line(text: string): void {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}\n`);
    else process.stdout.write(`${text}\n`);
    if (process.stdout.isTTY) this.#lines.prompt(true);
  }
}

export const clock = (at: number): string => new Date(at).toTimeString().slice(0, 5);
