import { LogError } from '@clatter/ports';
import { expect, it } from 'vitest';
import { ConfigError } from './config.ts';
import { startFailure } from './startFailure.ts';

it('what a person can mend is said in one message without a stack', () => {
  expect(startFailure(new ConfigError(['CLATTER_PORT is a port']))).toBe('The configuration is not valid:\n  CLATTER_PORT is a port');
  expect(startFailure(Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', address: '127.0.0.1', port: 8080 }))).toContain('127.0.0.1:8080');
  expect(startFailure(Object.assign(new Error('EACCES: permission denied, mkdir /x'), { code: 'EACCES' }))).toBe('EACCES: permission denied, mkdir /x');
  expect(startFailure(new LogError('fatal', 'no broker at a:1'))).toBe('no broker at a:1');
  expect(startFailure(new Error('/d/log.sqlite is in use by another process.'))).toBe('/d/log.sqlite is in use by another process.');
});

it('a defect of ours comes with its stack', () => {
  expect(startFailure(new TypeError('x is not a function'))).toContain('startFailure.unit.spec.ts');
});
