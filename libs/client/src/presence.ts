import type { ClientFrame, PresenceFrame, PresenceItem } from '@clatter/contract';

/** Whose presence to tell: users with whom a conversation is shared, or the members of one; at most 200. */
export type Watched = { readonly users?: readonly string[]; readonly conversation?: string };

/** What this client wants to know of others and says of itself; said again on every new connection. */
export class Presence {
  readonly #known = new Map<string, PresenceItem>();
  #wanted: Watched | undefined;
  #active = true;

  /** Users watched, as last told; empty while there is no connection. */
  get known(): ReadonlyMap<string, PresenceItem> {
    return this.#known;
  }

  watch(wanted: Watched): ClientFrame {
    this.#known.clear();
    this.#wanted = wanted;
    return watchFrame(wanted);
  }

  active(on: boolean): ClientFrame {
    this.#active = on;
    return { type: 'active', on };
  }

  /** What a new connection has to be told. */
  welcome(): readonly ClientFrame[] {
    return [...(this.#wanted ? [watchFrame(this.#wanted)] : []), ...(this.#active ? [] : [{ type: 'active' as const, on: false }])];
  }

  lost(): void {
    this.#known.clear();
  }

  take({ user, status, lastSeen }: PresenceFrame): void {
    this.#known.set(user, { user, status, ...(lastSeen === undefined ? {} : { lastSeen }) });
  }
}

const watchFrame = ({ users, conversation }: Watched): ClientFrame => ({
  type: 'watch',
  ...(users ? { users: [...users] } : {}),
  ...(conversation === undefined ? {} : { conversation }),
});
