import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ProcessUsage } from './report-usage.js';

/** A program that has ended well. */
export interface Ended {
  readonly wallMs: number;
  readonly stdout: string;
}

/**
 * Runs a compiled script of the project in a process of its own; how long, what it used, what it printed.
 * @param script from the compiled root, such as `netcost/cli.js`
 */
export async function runScript(script: string, args: readonly string[]): Promise<Ended & ProcessUsage> {
  const path = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));
  const { extra, ...ended } = await run(process.execPath, [
    '--import',
    path('bench/report-usage.js'),
    path(script),
    ...args,
  ]);
  return { ...ended, ...(JSON.parse(extra) as ProcessUsage) };
}

/** The same script without anything that measures it from inside, as a person starts it. */
export async function timeScript(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return run(process.execPath, [fileURLToPath(new URL(`../${script}`, import.meta.url)), ...args], env);
}

/** Runs a line of shell. */
export async function timeShell(line: string, args: readonly string[]): Promise<Ended> {
  return run('/bin/sh', ['-c', line, 'sh', ...args]);
}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended & { readonly extra: string }> {
  const started = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === null ? reject(new Error(`${command} was stopped by ${signal}.`)) : resolve(code),
    );
  });
  const [stdout, stderr, extra, code] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    text(child.stdio[3] as NodeJS.ReadableStream),
    ended,
  ]);
  const wallMs = performance.now() - started;
  if (code !== 0) throw new Error(`${[command, ...args].join(' ').slice(0, 300)} ended with ${code}: ${stderr.trim()}`);
  return { wallMs, stdout, extra };
}
