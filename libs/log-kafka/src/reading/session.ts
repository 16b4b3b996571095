import { type Asked, type FetchRequest, nameOf } from '../wire/fetch.ts';

const NOT_FOUND = 70;
/** FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH and their like: begin a new one */
const GONE = new Set([NOT_FOUND, 71, 106]);
const LAST_EPOCH = 0x7fffffff;

/** What one broker was told in an incremental fetch session (KIP-227): only what changed is asked and answered. Pure. */
export class FetchSession {
  /** at epoch 0: of the one that was given up, which the next request closes, as a broker has room for few */
  #id = 0;
  #epoch = 0;
  /** what the broker knows; without a session, what the last request asked */
  #told = new Map<string, Asked>();
  #asking: FetchRequestPart | undefined;

  /** Whether the broker has granted one. It may have no room: then everything is asked each time. */
  get granted(): boolean {
    return this.#epoch !== 0;
  }

  /** Gives the session up: the next request begins a new one. */
  begin(): void {
    this.#epoch = 0;
    this.#told = new Map();
    this.#asking = undefined;
  }

  /** What to ask so that the broker answers for exactly these. */
  ask(wanted: readonly Asked[]): FetchRequestPart {
    if (this.#epoch === 0) this.begin();
    const names = new Set(wanted.map(nameOf));
    this.#asking = {
      session: this.#id,
      epoch: this.#epoch,
      asked: wanted.filter((one) => this.#told.get(nameOf(one))?.offset !== one.offset),
      forgotten: [...this.#told].filter(([name]) => !names.has(name)).map(([, place]) => place),
    };
    return this.#asking;
  }

  /** Takes the answer to what was asked. false = the session is gone, and nothing was answered. */
  answered(error: number, session: number): boolean {
    const asking = this.#asking;
    if (GONE.has(error) || !asking) {
      if (error === NOT_FOUND) this.#id = 0;
      this.begin();
      return false;
    }
    for (const place of asking.forgotten) this.#told.delete(nameOf(place));
    for (const place of asking.asked) this.#told.set(nameOf(place), place);
    this.#id = session;
    this.#epoch = session === 0 ? 0 : this.#epoch === LAST_EPOCH ? 1 : this.#epoch + 1;
    return true;
  }

  /** From which offset the answer that came last was asked for. */
  offsetOf(name: string): number | undefined {
    return this.#told.get(name)?.offset;
  }
}

export type FetchRequestPart = Pick<FetchRequest, 'session' | 'epoch' | 'asked' | 'forgotten'>;
