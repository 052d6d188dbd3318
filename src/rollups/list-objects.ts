import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { NetcostError } from '../errors.js';
import { readObjectName } from '../flows/object-names.js';

/** A file below a folder of flow logs. */
export interface FoundObject {
  /** Absolute path, to read it. */
  readonly path: string;
  /** Path inside the folder, with slashes: what the store knows it by. */
  readonly key: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Every file below `dir`, whatever its layout; hidden files and folders are passed over. Sorted by the time in AWS's
 * object names, then by key, so that a batch of neighbours covers a short stretch of time.
 */
export async function listObjects(dir: string): Promise<FoundObject[]> {
  const isFolder = await stat(dir).then(
    (found) => found.isDirectory(),
    () => undefined,
  );
  if (isFolder === undefined) {
    throw new NetcostError('input', `There is no folder ${dir}.`, {
      hint: '--flow-logs takes a folder that holds flow-log objects.',
    });
  }
  if (!isFolder)
    throw new NetcostError('input', `${dir} is a file.`, {
      hint: '--flow-logs takes the folder that holds the objects.',
    });
  const found: FoundObject[] = [];
  const seen = new Set<string>();
  const walk = async (folder: string): Promise<void> => {
    // Links to folders are followed, each folder once: a ring of links ends.
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of await entriesOf(folder)) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      const info = entry.isDirectory() ? undefined : await stat(path).catch(() => undefined);
      if (entry.isDirectory() || info?.isDirectory()) await walk(path);
      else if (info?.isFile()) {
        found.push({ path, key: relative(dir, path).split(sep).join('/'), size: info.size, mtimeMs: info.mtimeMs });
      }
    }
  };
  await walk(dir);
  const time = (object: FoundObject): number => readObjectName(object.key).timeMs ?? 0;
  return found
    .map((object) => ({ object, at: time(object) }))
    .sort(
      (a, b) =>
        a.at - b.at ||
        compareText(basename(a.object.key), basename(b.object.key)) ||
        compareText(a.object.key, b.object.key),
    )
    .map(({ object }) => object);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => compareText(a.name, b.name));
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'failed';
    throw new NetcostError('input', `The folder ${folder} cannot be listed (${why}).`, {
      cause,
      hint: 'What stands in it would be missing from every answer: give netcost the right to read it, or move it away.',
    });
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
