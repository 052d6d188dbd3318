import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BYTES,
  createLineReader,
  DESTINATION,
  MOST_COLUMNS,
  PACKET_SOURCE,
  PROTOCOL,
  SOURCE,
  START,
  TEXT_AT,
} from '../../src/flows/line-reader.js';
import { READ_LINE_WASM } from '../../src/flows/read-line-wasm.js';

const reader = createLineReader();

/** Puts a text at an offset and reads its first line; the end is relative to the text. */
function read(text: string, offset = 0): number {
  const bytes = Buffer.from(text, 'latin1');
  reader.memory.set(bytes, TEXT_AT + offset);
  // Whatever stood behind the text before must not count.
  reader.memory.fill(10, TEXT_AT + offset + bytes.length, TEXT_AT + offset + bytes.length + 80);
  const end = reader.readLine(TEXT_AT + offset, TEXT_AT + offset + bytes.length);
  return end < 0 ? end : end - TEXT_AT - offset;
}

function columnsOf(offset = 0): string[] {
  const starts = [...reader.starts.subarray(0, reader.columns() + 1)];
  expect(starts[0]).toBe(TEXT_AT + offset);
  return starts
    .slice(0, -1)
    .map((from, i) => Buffer.from(reader.memory.subarray(from, starts[i + 1]! - 1)).toString('latin1'));
}

describe('the line reader', () => {
  it('is what assembly/read-line.ts compiles to', () => {
    const compiled = execFileSync(process.execPath, ['assembly/build.mjs', '--print'], { encoding: 'utf8' });
    expect(READ_LINE_WASM).toBe(compiled);
  });

  it('finds the columns and the end of any line, wherever it stands', () => {
    const column = fc.string({ unit: fc.constantFrom('a', '1', '.', '-', '\u00ff', '\t'), maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(column, { minLength: 1, maxLength: 60 }),
        fc.nat(130),
        fc.constantFrom('', '\r'),
        fc.string({ maxLength: 20 }),
        (columns, offset, ending, rest) => {
          const line = columns.join(' ');
          expect(read(`${line}${ending}\n${rest.replaceAll('\n', '')}`, offset)).toBe(line.length + ending.length);
          expect(columnsOf(offset)).toEqual(columns);
          expect(reader.lineEnd()).toBe(TEXT_AT + offset + line.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('waits for a line end that is not there yet, and counts columns beyond what it keeps', () => {
    expect(read('1 2 3')).toBe(-1);
    expect(read('')).toBe(-1);
    expect(read('\n')).toBe(0);
    expect(reader.columns()).toBe(1);
    expect(read(`${Array.from({ length: 2_000 }, () => 'x').join(' ')}\n`)).toBe(3_999);
    expect(reader.columns()).toBe(2_000);
    expect(MOST_COLUMNS).toBeLessThan(2_000);
  });

  it('reads numbers and IPv4 addresses as a plain reading does, and nothing else', () => {
    const number = fc.oneof(
      fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String),
      fc.string({ unit: fc.constantFrom('0', '1', '9', '/', ':', '-', ' ', 'e'), maxLength: 18 }),
    );
    const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '007', '0000', 'a', '1a', '25:'));
    const address = fc.oneof(
      fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.')),
      fc.constantFrom('-', '::1', '255.255.255.255', '0.0.0.0', '1.2.3.4.', '.1.2.3', '1..2.3', '2001:db8::1'),
    );
    reader.useColumns(
      4,
      new Map([
        [START, 0],
        [BYTES, 1],
        [PROTOCOL, -1],
        [SOURCE, 2],
        [DESTINATION, -1],
        [PACKET_SOURCE, 3],
      ]),
    );
    fc.assert(
      fc.property(number, number, address, address, fc.nat(70), (start, bytes, source, packet, offset) => {
        const [a, b] = [start.replaceAll(' ', ''), bytes.replaceAll(' ', '')];
        read(`${a} ${b} ${source} ${packet}\n`, offset);
        const { values } = reader;
        expect([values[START], values[BYTES]]).toEqual([plainNumber(a), plainNumber(b)]);
        expect([values[SOURCE], values[PACKET_SOURCE]]).toEqual([plainAddress(source), plainAddress(packet)]);
        expect([values[PROTOCOL], values[DESTINATION]]).toEqual([-1, -1]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads the values anew where what stands before the first blank is no column', () => {
    reader.useColumns(2, new Map([[BYTES, 1]]));
    read('2026-11-21T10:00:00Z 7 42\n');
    reader.dropFirstColumn();
    expect([reader.columns(), reader.values[BYTES]]).toEqual([2, 42]);
  });
});

function plainNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

function plainAddress(text: string): number {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) < 256)) return -1;
  return octets.reduce((value, octet) => value * 256 + Number(octet), 0);
}
