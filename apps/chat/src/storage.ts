import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientState, Saved, Snapshot, Storage } from '@clatter/client';

/** Keeps a person's device, outbox, cursor and conversations in one folder; every file is replaced whole. */
export class FileStorage implements Storage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  load(): Saved | undefined {
    return this.read<Saved>('outbox.json');
  }

  save(saved: Saved): void {
    this.write('outbox.json', saved);
  }

  loadState(): Snapshot | undefined {
    const stored = this.read<{ cursor: string; state: [string, { messages: [number, never][]; marks: [string, never][] }][] }>('state.json');
    if (!stored) return undefined;
    const state = new Map(
      stored.state.map(([id, held]) => [id, { ...held, messages: new Map(held.messages), marks: new Map(held.marks) }]),
    ) as unknown as ClientState;
    return { cursor: stored.cursor, state };
  }

  saveState(snapshot: Snapshot | undefined): void {
    const state = snapshot && [...snapshot.state].map(([id, held]) => [id, { ...held, messages: [...held.messages].slice(-200), marks: [...held.marks] }]);
    this.write('state.json', snapshot && { cursor: snapshot.cursor, state });
  }

  read<T>(name: string): T | undefined {
    try {
      return (JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as T | null) ?? undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  write(name: string, content: unknown): void {
    const path = join(this.#folder, name);
    writeFileSync(`${path}.new`, JSON.stringify(content ?? null), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
