import type { Session } from '../socket/session.ts';
import { drop, put } from './sets.ts';

/** Which sessions a user has, and which take part in a conversation. */
export class Registry {
  readonly sessions = new Map<string, Session>();
  /** lists that are replaced, never changed: most users have one session, and a list of one is a fifth of such a set */
  readonly #byUser = new Map<string, readonly Session[]>();
  readonly #byConversation = new Map<string, Set<Session>>();

  /** As it is now: a later change is not seen in it. */
  ofUser(user: string): readonly Session[] {
    return this.#byUser.get(user) ?? [];
  }

  /** Live sessions that are sent this conversation. */
  ofConversation(conversation: string): ReadonlySet<Session> {
    return this.#byConversation.get(conversation) ?? NONE;
  }

  named(session: Session): void {
    this.#byUser.set(session.user, [...this.ofUser(session.user), session]);
  }

  subscribe(session: Session, conversation: string): void {
    session.subscribed.add(conversation);
    put(this.#byConversation, conversation, session);
  }

  unsubscribe(session: Session, conversation: string): boolean {
    drop(this.#byConversation, conversation, session);
    return session.subscribed.delete(conversation);
  }

  remove(session: Session): void {
    this.sessions.delete(session.id);
    const others = this.ofUser(session.user).filter((one) => one !== session);
    if (others.length > 0) this.#byUser.set(session.user, others);
    else this.#byUser.delete(session.user);
    for (const conversation of session.subscribed) drop(this.#byConversation, conversation, session);
  }
}

const NONE: ReadonlySet<Session> = new Set();
