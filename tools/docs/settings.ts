import { PROCESSES } from './config.ts';

/** Variables that a program on a terminal reads beside the tables. */
const TERMINAL = ['CLATTER_PASSWORD', 'CLATTER_URL'];

/** A source file with the names of all variables of the product, so that every process knows what the others are set by. */
export const settingNames = (): string => {
  const tables = Object.values(PROCESSES).flatMap(({ config }) => Object.values(config).map(({ env }) => env));
  const names = [...new Set([...tables, ...TERMINAL])].filter((name) => name.startsWith('CLATTER_')).sort();
  return `/** Every variable by which a program of Clatter can be set. Made from the config tables by \`npm run docs\`. */
export const SETTING_NAMES: readonly string[] = [
${names.map((name) => `  '${name}',\n`).join('')}];
`;
};
