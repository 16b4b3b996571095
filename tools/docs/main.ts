import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.ts';

const root = new URL('../..', import.meta.url).pathname;
for (const [file, text] of pages(root)) {
  writeFileSync(join(root, file), text);
  console.log(file);
}
