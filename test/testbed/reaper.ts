// A process of its own that outlives whoever started it: it is told on its standard input what was started ("+<pid>"), what has
// ended ("-<pid>") and which folders are for the time being ("/<path>"). When that input ends, for whatever reason, also SIGKILL,
// it kills what is left and removes the folders. So nothing of the test bed stays behind.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const processes = new Set<number>();
const folders = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}); // they are meant for whoever started us

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+')) processes.add(Number(line.slice(1)));
  else if (line.startsWith('-')) processes.delete(Number(line.slice(1)));
  else folders.add(line);
}
for (const pid of processes) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
