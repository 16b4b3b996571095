import { describe, expect, it } from 'vitest';
import { mergeApis } from './openapi.ts';

const api = (title: string, path: string, schema: string) => ({
  info: { title, version: '1' },
  paths: { [path]: { get: { summary: title } }, '/same': { get: { summary: title } } },
  components: { schemas: { [schema]: { title } } },
});

describe('one document of all services', () => {
  it('has the routes and schemas of all, what is in several from the first, and the title of the own one', () => {
    const { info, paths, components } = mergeApis(api('edge', '/e', 'E'), [api('auth', '/a', 'A'), api('messaging', '/m', 'M')]);
    expect(info).toEqual({ title: 'edge', version: '1' });
    expect(Object.keys(paths ?? {}).sort()).toEqual(['/a', '/e', '/m', '/same']);
    expect(paths?.['/same']).toEqual({ get: { summary: 'edge' } });
    expect(Object.keys(components?.schemas ?? {}).sort()).toEqual(['A', 'E', 'M']);
  });

  it('says that routes are missing where a service does not answer', () => {
    const { info, paths } = mergeApis(api('edge', '/e', 'E'), [undefined]);
    expect(info.description).toContain('missing');
    expect(Object.keys(paths ?? {}).sort()).toEqual(['/e', '/same']);
  });
});
