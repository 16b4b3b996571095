import { pino } from 'pino';
import { expect, it } from 'vitest';
import { logOptions } from './log.ts';

const line = (fields: object): string => {
  const lines: string[] = [];
  pino(logOptions('debug'), { write: (text: string) => void lines.push(text) }).info(fields, 'text');
  return lines.join('');
};

it.each(['password', 'token', 'refreshToken', 'accessToken'])('a %s never gets into the log, at the top or in an object', (field) => {
  expect(line({ [field]: 'hush' })).not.toContain('hush');
  expect(line({ body: { [field]: 'hush' } })).not.toContain('hush');
});

it('nor do the headers that carry one', () => {
  const text = line({ req: { headers: { authorization: 'Bearer hush', cookie: 'clatter_refresh=hush', accept: 'x' } } });
  expect(text).not.toContain('hush');
  expect(text).toContain('accept');
});

it('an error is told with its causes', () => {
  const text = line({ error: new Error('the outer', { cause: new Error('the inner') }) });
  expect(text).toContain('the outer');
  expect(text).toContain('the inner');
});
