import { AUTH_COLLECTIONS } from '@clatter/contract';
import { type Report, routerPart } from '@clatter/engine';
import type { Clock, DocumentStore, EventLog, FeedListener, Ids, Part } from '@clatter/ports';
import type { ConfigOf, HttpPlugin, Jwks } from '@clatter/runtime';
import cookie from '@fastify/cookie';
import type { authConfig } from './config.ts';
import { sessionRoutes } from './inbound/sessions.routes.ts';
import { userRoutes } from './inbound/users.routes.ts';
import { Keys } from './outbound/keys.jose.ts';
import { outboxPart } from './outbound/outbox.ts';
import { argon2Passwords } from './outbound/password.argon2.ts';
import { AuthService } from './service.ts';

export type AuthPorts = {
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly listener: FeedListener;
  readonly report: Report;
};

const DAY = 86_400_000;
const HOUR = 3_600_000;

export const wireAuth = (ports: AuthPorts, config: ConfigOf<typeof authConfig>): { parts: Part[]; http: HttpPlugin[]; jwks(): Promise<Jwks> } => {
  const { log, store, clock, ids, report } = ports;
  const keys = new Keys({
    store,
    clock,
    ids,
    secret: config.keySecret,
    issuer: config.issuer,
    audience: config.audience,
    rotateMs: config.keyDays * DAY,
    accessMs: config.accessMinutes * 60_000,
  });
  const outbox = outboxPart({ log, store, clock, everyMs: 500, report: report.log });
  const service = new AuthService(
    {
      store,
      clock,
      ids,
      keys,
      passwords: argon2Passwords({ memory: config.argon2Memory, passes: config.argon2Passes, waiting: config.hashes }),
      published: outbox.kick,
    },
    {
      sessions: config.sessions,
      refreshMs: config.refreshDays * DAY,
      rates: { account: config.loginsPerAccount, address: config.loginsPerAddress, register: config.registrationsPerAddress },
    },
  );
  const router = routerPart({
    service: 'auth',
    log,
    store,
    clock,
    ids,
    listener: ports.listener,
    report,
  });
  let cancel = (): void => {};
  const rotation = (): void => {
    cancel = clock.after(HOUR, () => {
      keys.ensure().catch((error: unknown) => report.log.error({ error }, 'the signing key could not be replaced'));
      rotation();
    });
  };
  const accounts: Part = {
    name: 'auth accounts',
    start: async () => {
      await store.ensure(Object.values(AUTH_COLLECTIONS));
      await keys.ensure();
      rotation();
    },
    stop: async () => cancel(),
  };
  const jwksRoute: HttpPlugin = async (app) => {
    app.get('/.well-known/jwks.json', { schema: { summary: 'Public signing keys', tags: ['auth'] } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=60');
      return keys.jwks();
    });
  };
  const cookies: HttpPlugin = async (app) => {
    await app.register(cookie);
    await sessionRoutes(service, config.secureCookies)(app);
  };
  return { parts: [accounts, outbox, router], http: [cookies, userRoutes(service), jwksRoute], jwks: () => keys.jwks() };
};
