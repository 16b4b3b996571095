import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly scripts: { readonly start: string } };

/** Flags of Node that every server is started with: those of `npm start` (docs/operations/README.md says why). */
export const SERVER_FLAGS: readonly string[] = scripts.start.split(' ').filter((word) => word.startsWith('--'));
