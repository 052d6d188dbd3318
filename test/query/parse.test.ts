import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError, NetcostError } from '../../src/errors.js';
import { formatQuestion, parseQuestion } from '../../src/query/parse.js';
import type { Query } from '../../src/query/query.js';
import { QUESTION_KEYS } from '../../src/query/question-keys.js';

// A Saturday.
const nowMs = Date.UTC(2026, 10, 21, 12, 30);
const parse = (text: string) => parseQuestion(text, { nowMs });
const where = (text: string) =>
  Object.fromEntries(
    [...parse(text).where].map(([key, values]) => [key, values.map((v) => (v.negated ? '!' : '') + v.value)]),
  );
const refusal = (text: string) => {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(NetcostError);
    expect((error as NetcostError).code).toBe('usage');
    return describeError(error);
  }
  throw new Error(`"${text}" was understood`);
};

describe('parseQuestion', () => {
  it('reads words in any order, with their defaults', () => {
    const query = parse('top=5 by=service team=payments since=7d');
    expect(query).toMatchObject({
      by: ['service'],
      top: 5,
      since: '7d',
      text: 'top=5 by=service team=payments since=7d',
    });
    expect(query.compare).toBeUndefined();
    expect(parse('')).toMatchObject({
      by: [],
      top: 10,
      since: '24h',
      window: { fromMs: nowMs - 24 * 3600_000, toMs: nowMs },
    });
    expect(parse('TEAM=Payments BY=Label.Dept,HOUR SINCE=24H')).toMatchObject({
      by: ['label.Dept', 'hour'],
      since: '24h',
    });
    expect(parse('today by=team').since).toBe('today');
  });

  it('reads several values, exclusions and quotes', () => {
    expect(where('team=a,b,!c')).toEqual({ team: ['a', 'b', '!c'] });
    expect(where('team="data science",\'big, bold\'')).toEqual({ team: ['data science', 'big, bold'] });
    expect(where('team=!"data science" env="!odd"')).toEqual({ team: ['!data science'], env: ['!odd'] });
    expect(where('team="say \\"hi\\" \\\\"')).toEqual({ team: ['say "hi" \\'] });
    expect(where("team=o'brien service=S3")).toEqual({ team: ["o'brien"], service: ['S3'] });
    expect(where('team!=a,b')).toEqual({ team: ['!a', '!b'] });
    expect(where('label.cost-centre=4711 label.a/b:c=x')).toEqual({
      'label.cost-centre': ['4711'],
      'label.a/b:c': ['x'],
    });
  });

  it('forgives blanks around = and commas, and commas between pairs', () => {
    expect(where('team = a , b env= prod')).toEqual({ team: ['a', 'b'], env: ['prod'] });
    expect(where('team=a, env=prod, since=2h')).toEqual({ team: ['a'], env: ['prod'] });
    expect(parse('by = team , service').by).toEqual(['team', 'service']);
  });

  it('merges a filter that comes twice, and drops a value that does', () => {
    expect(where('team=a team=b team=A')).toEqual({ team: ['a', 'b'] });
    expect(where('team=a,!a')).toEqual({ team: ['a', '!a'] });
    expect(where('label.Dept=x label.dept=y')).toEqual({ 'label.Dept': ['x', 'y'] });
    expect(parse('by=team by=service').by).toEqual(['team', 'service']);
  });

  it('turns Slack’s and phones’ writing back into plain text', () => {
    expect(where('team=“data science”')).toEqual({ team: ['data science'] });
    expect(where('team=‘a b’\u00a0env=prod\nservice=S3\u200b')).toEqual({
      team: ['a b'],
      env: ['prod'],
      service: ['S3'],
    });
    expect(where('team=R&amp;D,&lt;x&gt;')).toEqual({ team: ['R&D', '<x>'] });
    expect(where('team=<#C0123ABC|payments>,<@U0123|ann>')).toEqual({ team: ['payments', 'ann'] });
    expect(where('remote=<http://198.51.100.7|198.51.100.7> service=<https://x.example|x.example>')).toEqual({
      remote: ['198.51.100.7'],
      service: ['x.example'],
    });
    expect(where('team=&amp;lt;')).toEqual({ team: ['&lt;'] });
    expect(where('team=<!channel>')).toEqual({ team: ['<!channel>'] });
  });

  it('writes values in one form', () => {
    expect(where('client=10.20.5.241/28,FD00:20::0001,::ffff:10.0.0.1,64:ff9b::c633:6407/128,10.1.1.1/32')).toEqual({
      client: ['10.20.5.240/28', 'fd00:20::1', '10.0.0.1', '198.51.100.7'].concat('10.1.1.1'),
    });
    expect(where('port=0,00443,65535 protocol=TCP,17,99,ICMPv6')).toEqual({
      port: ['0', '443', '65535'],
      protocol: ['tcp', 'udp', '99', 'icmpv6'],
    });
    expect(where('direction=UP crossaz=Yes,!no account=1111-2222-3333')).toEqual({
      direction: ['up'],
      crossaz: ['yes', '!no'],
      account: ['111122223333'],
    });
  });

  it('is frozen', () => {
    const query = parse('team=a by=service compare=previous');
    expect([query, query.by, query.window, query.compare!, query.where.get('team')!].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    ['tema=payments', /^"tema" is no word of a question; did you mean "team"\? Allowed: team, env, /],
    ['colour=red', /^"colour" is no word of a question/],
    ['__proto__=x', /^"__proto__" is no word/],
    ['constructor=x by=team', /^"constructor" is no word/],
    ['label.=x', /names no label/],
    ['hour=3', /"hour" is no filter\. Group by it: by=hour\./],
    ['by=colour', /^by=colour is not understood.* Allowed: one or two of team, /],
    ['by=servce', /did you mean "service"\?/],
    ['by=__proto__', /by=__proto__ is not understood/],
    ['by=team,team', /by=team is there twice/],
    ['by=team,env,vpc', /names 3 words; allowed are one or two/],
    ['by=!team', /by=!team is not understood/],
    ['by=', /by= has an empty value/],
    ['team=', /team= has an empty value/],
    ['team=a,,b', /team= has an empty value/],
    ['team=!', /team= has an empty value/],
    ['team="a b', /opens a quote \("\) that is not closed/],
    ['team="a"b', /opens a quote/],
    ['top=0', /top=0 is not understood\. Allowed: 1 to 1000/],
    ['top=1001', /top=1001/],
    ['top=ten', /top=ten/],
    ['top=5,6', /top= takes one value/],
    ['top=1 top=2', /top is there twice, as 1 and as 2/],
    ['top=1e2', /top=1e2/],
    ['compare=previos', /did you mean "previous"\?/],
    ['since=1h since=1h', /since is there twice/],
    ['today since=1h', /since is there twice, as today and as 1h/],
    [
      'client=10.20.0.0/33',
      /^client=10\.20\.0\.0\/33 is no IP address or CIDR range\. Allowed: such as client=10\.20\.5\.7/,
    ],
    ['client=010.1.1.1', /is no IP address/],
    ['remote=example.com', /remote=example\.com is no IP address/],
    ['port=65536', /port=65536 is not understood\. Allowed: whole numbers from 0 to 65535/],
    ['port=-1', /port=-1/],
    ['protocol=256', /protocol=256/],
    ['protocol=tpc', /did you mean "tcp"\?/],
    ['direction=sideways', /Allowed: up or down/],
    ['crossaz=maybe', /Allowed: yes or no/],
    ['payments', /^"payments" is not understood\. A question is made of key=value pairs/],
    ['team payments', /^"team" has no "="\. Write team=VALUE\./],
    ['team:payments', /^"team:payments" has no "="\. Write team=VALUE\./],
    ['=', /"=" is not understood/],
    [`team=${'x'.repeat(300)}`, /too long; allowed are 256 characters/],
    ['x'.repeat(4001), /4001 characters; allowed are 4000/],
  ])('points at the word in %j', (text, message) => {
    const line = refusal(text);
    expect(line).toMatch(message);
    expect(line).not.toContain('\n');
  });

  it('understands every example of its own table', () => {
    for (const known of QUESTION_KEYS) {
      expect(() => parse(known.example), known.key).not.toThrow();
      if (known.groups) expect(() => parse(`by=${known.key}`), known.key).not.toThrow();
    }
  });
});

describe('formatQuestion', () => {
  const same = (a: Query, b: Query) => {
    const { text: _a, ...left } = a;
    const { text: _b, ...right } = b;
    expect(right).toEqual(left);
  };

  it('writes a question that means the same', () => {
    const query = parse('by=team,hour team=!"a b",c since=7D compare=lastweek top=3 client=10.0.0.0/8');
    expect(formatQuestion(query)).toBe('team=!"a b",c client=10.0.0.0/8 since=7d by=team,hour top=3 compare=lastweek');
    same(query, parse(formatQuestion(query)));
  });

  it('survives any name', () => {
    const name = fc.string({
      unit: fc.constantFrom(...'ab ,!="\'\\&<>|#@;l.t“’…中\u00a0'),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean()), { minLength: 1, maxLength: 4 }), (names) => {
        const text = names.map(([n, not]) => `${not ? '!' : ''}"${n.replace(/["\\“]/g, (c) => `\\${c}`)}"`).join(',');
        let query: Query;
        try {
          query = parse(`team=${text} since=2h`);
        } catch (error) {
          expect((error as NetcostError).code).toBe('usage');
          return;
        }
        same(query, parse(formatQuestion(query)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('any text at all', () => {
  it('is understood or refused in one line, quickly, and leaves no trace', () => {
    const pieces = fc.constantFrom(
      'team',
      'by',
      'since',
      'top',
      'label.',
      'client',
      '__proto__',
      'constructor',
      '=',
      '!=',
      '==',
      ',',
      '!',
      '"',
      "'",
      ' ',
      '\\',
      '10.0.0.0/8',
      '::/0',
      '24h',
      '..',
      '2026-11-01',
      '–',
      '&amp;',
      '<#C1|x>',
      '<',
      '>',
      '|',
      '\u00a0',
      '\n',
      '\0',
      '999999999d',
      'é',
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 30 }).map((p) => p.join('')),
      fc.string({ maxLength: 200 }),
    );
    fc.assert(
      fc.property(text, (question) => {
        const started = performance.now();
        try {
          parse(question);
        } catch (error) {
          expect(error).toBeInstanceOf(NetcostError);
          expect((error as NetcostError).code).toBe('usage');
          expect(describeError(error)).not.toMatch(/[\n\r]/);
          expect(describeError(error).length).toBeLessThan(700);
        }
        expect(performance.now() - started).toBeLessThan(500);
      }),
      { numRuns: 3000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('takes no longer for hostile repetition', () => {
    for (const piece of ['<#', '"', '\\', ' =', ',', '!', '<http:', '&amp;', 'a=', '.. ', '\u00a0', 'label.a=,']) {
      const started = performance.now();
      try {
        parse(piece.repeat(Math.floor(4000 / piece.length)));
      } catch (error) {
        expect(error).toBeInstanceOf(NetcostError);
      }
      expect(performance.now() - started).toBeLessThan(300);
    }
  });
});
