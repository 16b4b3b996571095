import { type Logger, pino } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** JSON lines on standard error; errors with their causes, secrets never. */
export const jsonLog = (level: string): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.errWithCause, err: pino.stdSerializers.errWithCause },
      redact: [
        'password',
        'token',
        'refreshToken',
        'accessToken',
        '*.password',
        '*.token',
        '*.refreshToken',
        '*.accessToken',
        'req.headers.authorization',
        'req.headers.cookie',
      ],
    },
    pino.destination({ dest: 2, sync: true }),
  );
