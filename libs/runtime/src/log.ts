import { type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Errors with their causes, secrets never. */
export const logOptions = (level: string): LoggerOptions => ({
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
});

/** JSON lines on standard error. */
export const jsonLog = (level: string): Logger => pino(logOptions(level), pino.destination({ dest: 2, sync: true }));
