import { stripVTControlCharacters } from 'node:util';
import { parse as parseCsv } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { TableReply } from '../../src/answers/reply.js';
import { answerCsv } from '../../src/terminal/answer-csv.js';
import { answerJson } from '../../src/terminal/answer-json.js';
import { answerTable } from '../../src/terminal/answer-table.js';
import { plainText } from '../../src/terminal/plain-text.js';
import { replyText } from '../../src/terminal/reply-text.js';
import { answer, row } from './answers.js';

const GIB = 2n ** 30n;
const plain = { hasColour: false };

describe('answerTable', () => {
  it('aligns columns, draws bars, and sets rest and total below', () => {
    const shown = answerTable(
      answer(
        'by=service top=2',
        [row({ service: 'S3' }, 2n * GIB), row({ service: null }, GIB / 2n, { usd: '0.004' })],
        {
          rest: { groups: 12, bytes: 1023n, usd: '0.000000' },
          caveats: ['2 gateways have no price.'],
        },
      ),
      plain,
    );
    expect(shown).toBe(`by=service top=2 · 2026-11-20 12:00 to 2026-11-21 12:00 UTC

service        bytes                 share         up       down     usd
S3          2.00 GiB  ████████████  80.0 %  512.0 MiB   1.50 GiB   $0.05
(unknown)  512.0 MiB  ███           20.0 %  128.0 MiB  384.0 MiB  <$0.01
12 more       1023 B                <0.1 %                         $0.00
total       2.50 GiB                        640.0 MiB   1.88 GiB   $0.14

Coverage: logs for 24 of 24 h · complete until 2026-11-21 11:55
! 2 gateways have no price.
`);
  });

  it('shows one total without by, and changes with compare', () => {
    const total = row({}, 3n * GIB, { usd: '0.135', previous: { bytes: 2n * GIB, usd: '0.09' } });
    const shown = answerTable(answer('compare=previous', [], { total }), plain);
    expect(shown).toMatch(/^ +bytes +up +down +usd +before +change\ntotal +3\.00 GiB .* \$0\.14 +2\.00 GiB +\+50 %$/m);
    const rows = [
      row({ team: 'a' }, GIB, { previous: { bytes: 0n } }),
      row({ team: 'b' }, GIB / 2n, { previous: { bytes: GIB } }),
      row({ team: 'c' }, GIB, { previous: { bytes: 1024n } }),
      row({ team: 'd' }, 0n, { previous: { bytes: 0n } }),
    ];
    const lines = answerTable(answer('by=team compare=previous', rows, { total }), plain).split('\n');
    const ends = ['a', 'b', 'c', 'd'].map((team) =>
      lines
        .find((line) => line.startsWith(`${team} `))!
        .split(/\s{2,}/)
        .slice(-2)
        .join(' '),
    );
    expect(ends).toEqual(['0 B new', '1.00 GiB -50 %', '1.00 KiB ×1048576', '$0.05 0 B']);
  });

  it('writes hours and pairs as people read them', () => {
    const shown = answerTable(
      answer('by=hour,pair', [row({ hour: '2026-11-21T08:00:00Z', pair: '10.0.0.1>::1' }, 1n)]),
      plain,
    );
    expect(shown).toMatch(/^2026-11-21 08:00 {2}10\.0\.0\.1 → ::1 /m);
  });

  it('says that a charge is not known rather than zero', () => {
    const unpriced = answer('by=team', [{ ...row({ team: 'a' }, GIB), usd: undefined } as never]);
    const { usd: _, ...total } = unpriced.total;
    expect(answerTable({ ...unpriced, total }, plain).match(/no price/g)).toHaveLength(2);
  });

  it('says what is missing', () => {
    const base = answer('', []);
    const coverage = {
      ...base.coverage,
      hoursWithData: 20.5,
      lowerBound: true,
      skipDataRows: 3,
      rejectedFlows: 7,
      gatewaysWithoutLogs: ['nat-1', 'nat-2'],
    };
    expect(answerTable({ ...base, coverage }, plain)).toContain(
      'At least these bytes: logs for 20.5 of 24 h · complete until 2026-11-21 11:55 · no logs of nat-1, nat-2 · 3 SKIPDATA rows · 7 rejected flows',
    );
    expect(answerTable({ ...base, coverage: { ...base.coverage, completeUntil: null } }, plain)).toContain(
      'no logs at all',
    );
  });

  it('takes the width of other scripts, cuts long names, and lets no name drive the terminal', () => {
    const names = ['\u001b[31mred\u001b[0m', '支付', 'x'.repeat(90), 'a\u202eb\nc'];
    const lines = answerTable(
      answer(
        'by=team',
        names.map((team) => row({ team }, GIB)),
      ),
      plain,
    ).split('\n');
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines[3]).toMatch(/^\\u\{1b\}\[31mred\\u\{1b\}\[0m /);
    expect(lines[4]).toMatch(/^支付 {46}1\.00 GiB/);
    expect(lines[5]).toMatch(/^x{47}… {2}1\.00 GiB/);
    expect(lines[6]).toMatch(/^a\\u\{202e\}b\\u\{a\}c /);
    expect(plainText('tab\tbell\u0007')).toBe('tab\\u{9}bell\\u{7}');
  });

  it('uses colour only when told', () => {
    const coloured = answerTable(answer('by=team', [row({ team: 'a' }, GIB)]), { hasColour: true });
    expect(coloured).toContain('\u001b[36m████████████\u001b[39m');
    expect(stripVTControlCharacters(coloured)).toBe(answerTable(answer('by=team', [row({ team: 'a' }, GIB)]), plain));
  });
});

describe('answerJson', () => {
  it('is the contract’s document', () => {
    const given = answer('team=payments,!"a b" by=service compare=previous', [
      row({ service: 'S3' }, 1073741824n, { usd: '0.0450', previous: { bytes: 0n, usd: '0.0000' } }),
    ]);
    const read = JSON.parse(answerJson(given));
    expect(Object.keys(read)).toEqual([
      'question',
      'window',
      'rows',
      'rest',
      'total',
      'coverage',
      'caveats',
      'cost',
      'tookMs',
    ]);
    expect(read.question).toEqual({
      text: 'team=payments,!"a b" by=service compare=previous',
      where: { team: ['payments', '!a b'] },
      by: ['service'],
      top: 10,
    });
    expect(read.window).toEqual({ from: '2026-11-20T12:00:00Z', to: '2026-11-21T12:00:00Z' });
    expect(read.rows[0]).toEqual({
      key: { service: 'S3' },
      bytes: 1073741824,
      bytesUp: 268435456,
      bytesDown: 805306368,
      packets: 1073741,
      flows: 3,
      usd: '0.0450',
      previous: { bytes: 0, usd: '0.0000' },
    });
    expect(read.rest).toEqual({ groups: 0, bytes: 0, usd: '0.000000' });
    expect(read.cost).toEqual({ engine: 'embedded', bytesScanned: 0, usd: '0' });
  });

  it('writes whole numbers above 2^53 − 1 as strings, each for itself, and leaves out an unknown charge', () => {
    const big = 2n ** 53n;
    const { usd: _, ...unpriced } = row({ team: null }, big);
    const read = JSON.parse(answerJson(answer('by=team', [{ ...unpriced, bytesDown: big - 1n }])));
    expect([read.rows[0].bytes, read.rows[0].bytesDown, read.rows[0].key.team]).toEqual([
      '9007199254740992',
      9007199254740991,
      null,
    ]);
    expect(read.rows[0]).not.toHaveProperty('usd');
  });

  it('keeps names that look like properties of objects', () => {
    const read = answerJson(
      answer('label.__proto__=x by=label.constructor', [row({ 'label.constructor': '__proto__' }, 1n)]),
    );
    expect(JSON.parse(read).question.where).toEqual({ 'label.__proto__': ['x'] });
    expect(JSON.parse(read).rows[0].key).toEqual({ 'label.constructor': '__proto__' });
  });
});

describe('answerCsv', () => {
  it('has the key columns, then the sums', () => {
    expect(
      answerCsv(answer('by=team,port', [row({ team: 'a,"b"', port: 443 }, 10n), row({ team: null, port: null }, 4n)])),
    ).toBe(
      'team,port,bytes,bytes_up,bytes_down,packets,flows,usd\n"a,""b""",443,10,2,8,0,3,0.045000\n,,4,1,3,0,3,0.045000\n',
    );
  });

  it('is the total alone without by, has the earlier window with compare, and no charge where none is known', () => {
    expect(answerCsv(answer('', [], { total: row({}, 8n) }))).toBe(
      'bytes,bytes_up,bytes_down,packets,flows,usd\n8,2,6,0,3,0.045000\n',
    );
    const { usd: _, ...unpriced } = row({ team: 'a' }, 2n ** 60n, { previous: { bytes: 7n } });
    expect(answerCsv(answer('by=team compare=lastweek', [unpriced])).split('\n')[0]).toMatch(
      /,usd,previous_bytes,previous_usd$/,
    );
    expect(answerCsv(answer('by=team compare=lastweek', [unpriced])).split('\n')[1]).toMatch(
      /^a,1152921504606846976,.*,3,,7,$/,
    );
  });

  it('leaves no formula for a spreadsheet to run', () => {
    const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'];
    const rows = parseCsv(
      answerCsv(
        answer(
          'by=team',
          names.map((team) => row({ team }, 1n)),
        ),
      ),
    ) as string[][];
    expect(rows.slice(1).map(([team]) => team)).toEqual(names.map((team) => `'${team}`));
  });
});

describe('replyText', () => {
  const table: TableReply = {
    kind: 'table',
    title: 'Who?',
    columns: [
      { title: 'address', align: 'left' },
      { title: 'count', align: 'right' },
    ],
    rows: [
      ['10.0.0.1', '12'],
      [null, '3'],
    ],
    empty: 'Nobody.',
    notes: ['A note.'],
  };

  it('writes tables, text and help for people', () => {
    expect(replyText(table, 'text', plain)).toBe(
      'Who?\n\naddress   count\n10.0.0.1     12\n–             3\n\nA note.\n',
    );
    expect(replyText({ ...table, rows: [], notes: [] }, 'text', plain)).toBe('Who?\n\nNobody.\n');
    expect(replyText({ kind: 'text', lines: ['a', 'b\u001b'] }, 'text', plain)).toBe('a\nb\\u{1b}\n');
    const help = {
      kind: 'help',
      intro: 'I am.',
      sections: [{ title: 'T', entries: [{ code: 'who X', says: 'who it is' }] }],
    } as const;
    expect(replyText(help, 'text', plain)).toBe('I am.\n\nT\n  who X  who it is\n');
    expect(JSON.parse(replyText(help, 'json', plain)).intro).toBe('I am.');
    expect(replyText(help, 'csv', plain)).toBe('code,says\nwho X,who it is\n');
  });

  it('writes the same as JSON and as CSV', () => {
    expect(JSON.parse(replyText(table, 'json', plain)).rows).toEqual([
      { address: '10.0.0.1', count: '12' },
      { address: null, count: '3' },
    ]);
    expect(JSON.parse(replyText({ ...table, json: { own: 2n ** 60n } }, 'json', plain))).toEqual({
      own: '1152921504606846976',
    });
    expect(replyText(table, 'csv', plain)).toBe('address,count\n10.0.0.1,12\n,3\n');
    expect(JSON.parse(replyText({ kind: 'text', lines: ['a'] }, 'json', plain))).toEqual({ lines: ['a'] });
    expect(replyText({ kind: 'text', lines: ['a'] }, 'csv', plain)).toBe('a\n');
    expect(JSON.parse(replyText({ kind: 'answer', answer: answer('by=team', []) }, 'json', plain)).rows).toEqual([]);
    expect(replyText({ kind: 'answer', answer: answer('', []) }, 'csv', plain)).toMatch(/^bytes,/);
    expect(replyText({ kind: 'answer', answer: answer('', []) }, 'text', plain)).toMatch(/^total/m);
  });
});
