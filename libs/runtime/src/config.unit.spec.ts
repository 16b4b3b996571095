import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, printConfig, setting } from './config.ts';

const TABLE = {
  port: setting('port', 'PORT', 'where to listen', { default: 8080 }),
  url: setting('text', 'URL', 'the database', { secret: true }),
  rate: setting('number', 'RATE', 'per second', { default: 2, min: 0.5, max: 10 }),
  secure: setting('flag', 'SECURE', 'https only', { default: false }),
  origins: setting('list', 'ORIGINS', 'who may connect', { default: [] }),
};

describe('config', () => {
  it('takes defaults, and reads every type', () => {
    expect(loadConfig(TABLE, { URL: 'x' })).toEqual({ port: 8080, url: 'x', rate: 2, secure: false, origins: [] });
    expect(loadConfig(TABLE, { URL: 'x', PORT: '0', RATE: '0.5', SECURE: '1', ORIGINS: ' a, ,b ' })).toEqual({
      port: 0,
      url: 'x',
      rate: 0.5,
      secure: true,
      origins: ['a', 'b'],
    });
    expect(loadConfig(TABLE, { URL: 'x', PORT: '' }).port).toBe(8080);
  });

  it('names every problem at once, each by its variable', () => {
    const load = () => loadConfig(TABLE, { PORT: '70000', RATE: '11', SECURE: 'perhaps' });
    expect(load).toThrow(ConfigError);
    let message = '';
    try {
      load();
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    for (const part of ['PORT', 'URL is missing: the database', 'RATE', 'SECURE is true or false']) expect(message).toContain(part);
    expect(message.split('\n')).toHaveLength(5);
  });

  it.each(['1.5', '-1', 'http', '1e9', 'NaN'])('port %j is none', (text) => expect(() => loadConfig(TABLE, { URL: 'x', PORT: text })).toThrow('PORT'));
  it.each(['0.4', '10.1', 'two', 'NaN', 'Infinity'])('number %j is out of its range', (text) =>
    expect(() => loadConfig(TABLE, { URL: 'x', RATE: text })).toThrow('RATE'),
  );

  it.each([
    [{ min: 1, max: 10 }, 'N is a number from 1 to 10'],
    [{ min: 1 }, 'N is a number, 1 or more'],
    [{ max: 10 }, 'N is a number, 10 or less'],
    [{}, 'N is a number'],
  ])('of a number with %j it says so', (range, problem) => {
    expect(() => loadConfig({ n: setting('number', 'N', 'how many', range) }, { N: 'many' })).toThrow(new ConfigError([problem]));
  });

  it('prints every setting with its value, and no secret', () => {
    const text = printConfig(TABLE, loadConfig(TABLE, { URL: 'mongodb://user:pass@host' }));
    for (const part of ['PORT', '8080', 'where to listen', 'URL', 'RATE']) expect(text).toContain(part);
    expect(text).not.toContain('pass');
  });
});
