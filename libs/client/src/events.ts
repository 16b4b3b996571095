import type { ErrorFrame, MarkFrame, MessageDoc, PresenceFrame, SignalFrame, TypingFrame } from '@clatter/contract';

/** `connecting`: no socket yet, or the sync after it is under way; `stopped`: a person must act (see `reason`). */
export type Status = { readonly is: 'connecting' | 'online' | 'stopped'; readonly reason?: string };

/** What a client tells. `missed`: it comes from a sync, not live. */
export type ClientEvents = {
  status: Status;
  message: { readonly message: MessageDoc; readonly missed: boolean };
  /** something of this conversation changed: look at `state` */
  changed: { readonly conversation: string };
  left: { readonly conversation: string };
  mark: MarkFrame;
  typing: TypingFrame;
  presence: PresenceFrame;
  signal: SignalFrame;
  /** a refusal that belongs to no command */
  error: ErrorFrame;
};

type Listener<T> = (event: T) => void;

export class Emitter {
  readonly #listeners = new Map<string, Set<Listener<never>>>();

  /** The returned function ends it. */
  on<N extends keyof ClientEvents>(name: N, listener: Listener<ClientEvents[N]>): () => void {
    const list = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, list);
    list.add(listener as Listener<never>);
    return () => list.delete(listener as Listener<never>);
  }

  emit<N extends keyof ClientEvents>(name: N, event: ClientEvents[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as Listener<ClientEvents[N]>)(event);
  }
}
