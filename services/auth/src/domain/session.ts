import type { AuthRecord, SessionDoc } from '@clatter/contract';

/** What auth keeps of a session: a family of refresh tokens of which only the newest is good. */
export type Session = SessionDoc & {
  readonly device?: string;
  /** the user, until it is ended: what the index `live` is made of */
  readonly live?: string;
  readonly openedAt: number;
  readonly usedAt: number;
  /** ms: end of the newest refresh token */
  readonly refreshExpires: number;
  /** SHA-256 of the newest refresh token, and of former ones: to know a reuse from nonsense */
  readonly current: string;
  readonly former: readonly string[];
  readonly outbox: readonly AuthRecord[];
  readonly outboxWaiting?: 1;
};

export const FORMER = 20;
/** ms after a rotation in which the token before it is still good: its answer may have been lost (docs/decisions/0009) */
export const LEEWAY = 60_000;

type About = { readonly at: number; readonly id: string };

export const opened = (o: { session: string; user: string; device?: string; hash: string; refreshExpires: number }, { at, id }: About): Session => {
  const { hash, ...rest } = o;
  const session: Session = { ...rest, rev: 1, live: o.user, openedAt: at, usedAt: at, current: hash, former: [], outbox: [] };
  return withRecord(session, 'session.opened', { at, id });
};

export type Presented = 'current' | 'unanswered' | 'former' | 'unknown' | 'ended';

/** What a presented refresh token is to this session. `unanswered`: it was rotated just now, and whether its answer arrived is not known. */
export const judge = (session: Session, hash: string, now: number): Presented => {
  if (session.revoked || now >= session.refreshExpires) return 'ended';
  if (hash === session.current) return 'current';
  if (hash === session.former.at(-1) && now - session.usedAt <= LEEWAY) return 'unanswered';
  return session.former.includes(hash) ? 'former' : 'unknown';
};

export const rotated = (session: Session, hash: string, refreshExpires: number, at: number): Session => ({
  ...session,
  rev: session.rev + 1,
  usedAt: at,
  current: hash,
  refreshExpires,
  former: [...session.former, session.current].slice(-FORMER),
});

/** The rotation again, for who may not have heard of it: the token that was not delivered takes its place among the former ones. */
export const rotatedAgain = (session: Session, hash: string, refreshExpires: number): Session => ({
  ...session,
  rev: session.rev + 1,
  current: hash,
  refreshExpires,
  former: [...session.former.slice(0, -1), session.current, ...session.former.slice(-1)].slice(-FORMER),
});

export const revoked = (session: Session, about: About): Session => {
  if (session.revoked) return session;
  const { live: _, ...rest } = session;
  return withRecord({ ...rest, rev: session.rev + 1, revoked: true }, 'session.revoked', about);
};

const withRecord = (session: Session, name: AuthRecord['name'], { at, id }: About): Session => ({
  ...session,
  outbox: [...session.outbox, { id, version: session.rev, at, name, user: session.user, data: { session: session.session } }],
  outboxWaiting: 1,
});
