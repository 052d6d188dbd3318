import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type ReadRow = Readonly<Record<string, string>> & { readonly object: string };

/** Every row of every gzip object below `dir`, by the column names of its header. */
export async function readRows(dir: string): Promise<ReadRow[]> {
  const names = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.log.gz')).sort();
  const rows: ReadRow[] = [];
  for (const object of names) {
    const [header = '', ...lines] = gunzipSync(await readFile(join(dir, object)))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    const fields = header.split(' ');
    for (const line of lines) {
      const values = line.split(' ');
      rows.push({ ...Object.fromEntries(fields.map((field, index) => [field, values[index] ?? ''])), object });
    }
  }
  return rows;
}
