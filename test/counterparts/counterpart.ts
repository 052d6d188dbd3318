import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

/** A real server that tests talk to: made in `cache` where it is not there yet, started on 127.0.0.1. */
export type Counterpart = (cache: string) => Promise<{
  /** What the tests are told by the environment: addresses, keys. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}>;

/** Runs a command of the set-up. Throws with the last lines of what it said. */
export async function runSetUp(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { maxBuffer: 64 << 20, ...options });
    return stdout;
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as { stderr?: string; stdout?: string; message: string };
    const said = (stderr || stdout || message).trim().split('\n').slice(-3).join(' · ');
    throw new Error(`${command} ${args.join(' ')}: ${said}`, { cause: error });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Starts a server and waits until `url` answers at all, or fails in a way that `isUp` takes for a sign of life. Throws
 * with what it said where it ends or `waitMs` pass.
 */
export async function startServer(
  command: string,
  args: readonly string[],
  url: string,
  options: { waitMs: number; cwd?: string; env?: NodeJS.ProcessEnv; isUp?: (error: unknown) => boolean },
): Promise<{ readonly process: ChildProcess; readonly stop: () => Promise<void> }> {
  const child = spawn(command, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: options.env ?? process.env,
  });
  let said = '';
  let hasEnded = false;
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      hasEnded = true;
      resolve();
    });
    child.on('error', (error) => {
      said += error.message;
      hasEnded = true;
      resolve();
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(forced);
  };
  for (const until = performance.now() + options.waitMs; performance.now() < until; ) {
    if (hasEnded) break;
    const isUp = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      (error: unknown) => options.isUp?.(error) ?? false,
    );
    if (isUp) return { process: child, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error(`${command} did not answer at ${url}: ${said.trim().split('\n').slice(-3).join(' · ')}`);
}
