import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { NetcostError } from '../../errors.js';
import type { Reading } from '../sources.js';

/** A JSON file of a bundle beyond this is no evidence but an attack on memory. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** `name` is what a message calls it. @throws NetcostError 'input' where it is too big. */
export async function readText(path: string, name = basename(path)): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES)
    throw new NetcostError('input', `${name} has ${size} bytes; at most ${MAX_FILE_BYTES} are read.`);
  return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
}

/** @throws NetcostError 'input' where it is no JSON. */
export async function readJson(path: string, name = basename(path)): Promise<unknown> {
  const text = await readText(path, name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NetcostError('input', `${name} is not JSON.`, { cause });
  }
}

/** Runs what may fail; its failure is a failed source. */
export async function attempt<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { state: 'read', value: await read() };
  } catch (error) {
    return { state: 'failed', error: errorText(error) };
  }
}

export function absent(reason: string): { readonly state: 'absent'; readonly reason: string } {
  return { state: 'absent', reason };
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** What went wrong, as one line of a report. */
export function errorText(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

/** Text from outside as one line of a report. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}

/** The same promise for every call. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
