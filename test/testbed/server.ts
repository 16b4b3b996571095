import { type ChildProcess, spawn } from 'node:child_process';
import { endsWithUs } from './leftovers.ts';

/** A server process of the test bed, known by its process id; it ends with this process, however that ends. */
export class ServerProcess {
  readonly #start: () => ChildProcess;
  #child: ChildProcess | undefined;
  output = '';
  /** told of everything that is printed from now on */
  heard: (text: string) => void = () => {};

  constructor(name: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.#start = () => spawn(name, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  get running(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const child = this.#start();
    this.#child = child;
    const read = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-10_000);
      this.heard(chunk.toString());
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => read(Buffer.from(error.message)));
    endsWithUs(child);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Kills it and waits for its end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    child.kill('SIGCONT');
    await gone;
  }
}
