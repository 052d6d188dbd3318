import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
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
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else {
        const info = await stat(path).catch(() => undefined);
        if (info?.isFile())
          found.push({ path, key: relative(dir, path).split('\\').join('/'), size: info.size, mtimeMs: info.mtimeMs });
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

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
