import { Uuid7 } from '@clatter/contract';
import type { HttpPlugin } from '@clatter/runtime';
import Type, { type Static } from 'typebox';
import type { Edge } from '../edge.ts';

const Body = Type.Object({ ref: Uuid7, name: Type.String({ maxLength: 64 }), data: Type.Object({}) });
const Ok = Type.Object({ data: Type.Object({}, { additionalProperties: true }), duplicate: Type.Optional(Type.Literal(true)) });
const Headers = Type.Object({ device: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' })) });

/** The commands of the socket for scripts and bots; the header `Device` names the device, by default the session. */
export const commandsPost =
  (edge: Edge): HttpPlugin =>
  async (app) => {
    app.post<{ Body: Static<typeof Body>; Headers: { device?: string; traceparent?: string } }>(
      '/v1/commands',
      {
        preHandler: app.authenticate,
        schema: {
          summary: 'Carry out a command; answered once it is durable and final',
          tags: ['edge'],
          security: [{ access: [] }],
          headers: Headers,
          body: Body,
          response: { 200: Ok },
        },
      },
      ({ caller, headers, body, ip }) =>
        edge.request({ user: caller.user, session: caller.session, device: headers.device ?? caller.session }, body, headers.traceparent, ip),
    );
  };
