import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { NetcostError } from '../errors.js';

/** What another system told, and when: kept on disk, so that answers go on while that system does not. */
export interface Copy<Value> {
  readonly fetchedMs: number;
  readonly value: Value;
}

/** Raised where the meaning of a copy changes; an older one is then as good as none. */
const COPY_VERSION = 1;

/**
 * The last good copy of that name; undefined where there is none, or none that can be read: it is fetched again then.
 * @throws NetcostError 'input' where the folder forbids reading, since that does not mend itself.
 */
export async function readCopy<Value>(
  dir: string,
  name: string,
  schema: z.ZodType<Value>,
): Promise<Copy<Value> | undefined> {
  let text: string;
  try {
    text = await readFile(pathOf(dir, name), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new NetcostError('input', `The copy ${pathOf(dir, name)} cannot be read (${code}).`, {
      cause,
      hint: 'Let netcost’s user read the folder data.copies.',
    });
  }
  const whole = z.object({ version: z.literal(COPY_VERSION), fetchedMs: z.number(), value: schema });
  try {
    const { fetchedMs, value } = whole.parse(JSON.parse(text));
    return { fetchedMs, value };
  } catch {
    return undefined;
  }
}

/** Puts a copy in the place of the last one, whole or not at all. It may tell who owns what: for its owner's eyes. */
export async function writeCopy(dir: string, name: string, copy: Copy<unknown>): Promise<void> {
  const path = pathOf(dir, name);
  try {
    await mkdir(dirname(path), { recursive: true });
    const fresh = `${path}.${process.pid}.new`;
    await writeFile(fresh, JSON.stringify({ version: COPY_VERSION, ...copy }), { mode: 0o600 });
    await rename(fresh, path);
  } catch (cause) {
    throw new NetcostError('input', `The copy ${path} cannot be written (${(cause as NodeJS.ErrnoException).code}).`, {
      cause,
      hint: 'Let netcost’s user write the folder data.copies.',
    });
  }
}

function pathOf(dir: string, name: string): string {
  return join(dir, `${name}.json`);
}
