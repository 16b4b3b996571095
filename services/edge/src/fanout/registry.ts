import type { Session } from '../socket/session.ts';
import { drop, put } from './sets.ts';

/** Which sessions a user has, and which take part in a conversation. */
export class Registry {
  readonly sessions = new Map<string, Session>();
  readonly #byUser = new Map<string, Set<Session>>();
  readonly #byConversation = new Map<string, Set<Session>>();

  ofUser(user: string): ReadonlySet<Session> {
    return this.#byUser.get(user) ?? NONE;
  }

  /** Live sessions that are sent this conversation. */
  ofConversation(conversation: string): ReadonlySet<Session> {
    return this.#byConversation.get(conversation) ?? NONE;
  }

  named(session: Session): void {
    put(this.#byUser, session.user, session);
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
    drop(this.#byUser, session.user, session);
    for (const conversation of session.subscribed) drop(this.#byConversation, conversation, session);
  }
}

const NONE: ReadonlySet<Session> = new Set();
