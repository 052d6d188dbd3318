import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { NetcostError } from '../../errors.js';

const BLOCK = 512;
/** Slack takes files up to a gigabyte; a bundle beyond this is for a disk. */
const MAX_BYTES = 200 * 1024 * 1024;

/**
 * A folder as one .tar.gz (POSIX ustar), in an order that does not change. `truth.json` is what a scorer compares with
 * and no evidence. Throws NetcostError('input') where the folder is not there or too large.
 */
export async function packBundle(folder: string, name: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new NetcostError('input', 'The evidence of this incident is not on this machine.', {
      cause,
      hint: 'Press “Run again”, and save it then.',
    });
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== 'truth.json')
    .sort();
  const parts: Buffer[] = [];
  let total = 0;
  for (const path of paths) {
    const { size } = await stat(join(folder, path));
    total += size;
    if (total > MAX_BYTES)
      throw new NetcostError('input', `The evidence has more than ${MAX_BYTES / 1024 ** 2} MB, too much for Slack.`, {
        hint: 'Take it with netcost diagnose … --save DIR.',
      });
    const bytes = await readFile(join(folder, path));
    parts.push(header(`${name}/${path.split(sep).join('/')}`, bytes.length), bytes);
    if (bytes.length % BLOCK > 0) parts.push(Buffer.alloc(BLOCK - (bytes.length % BLOCK)));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return promisify(gzip)(Buffer.concat(parts));
}

/** One header of POSIX.1-1988 ustar: octal numbers, the checksum over the block with blanks in its own place. */
function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(path);
  block.write(name, 0, 100);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345, 155);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function splitPath(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let cut = path.indexOf('/'); cut >= 0; cut = path.indexOf('/', cut + 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name];
  }
  throw new NetcostError('input', `The path ${path.slice(0, 80)}… is too long for an archive.`);
}
