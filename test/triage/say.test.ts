import { describe, expect, it } from 'vitest';
import { evidence, render } from '../../src/triage/evidence/say.js';

describe('sentences of evidence', () => {
  it('are rendered from their values', () => {
    const values = {
      bytes: 161_061_273_600,
      usd: '6.75',
      share: 0.934,
      teams: ['agents', 'search'],
      since: '2026-11-18T14:00:00Z',
      factor: 11.2,
      calls: 21,
      hours: 30,
    };
    expect(
      render(
        '{bytes:bytes}, {usd:usd}, {share:percent}, {teams:list}, {since:time}, {factor:times}, {calls:count}, {hours:hours}',
        values,
      ),
    ).toBe('150.0 GiB, $6.75, 93 %, agents, search, 2026-11-18 14:00 UTC, 11×, 21, 30.0 hours');
  });

  it('cannot carry a figure of their own', () => {
    expect(() => render('about 150 GB since {since}', { since: 'noon' })).toThrow('figure of its own');
    expect(render('S3 over IPv6', {})).toBe('S3 over IPv6');
  });

  it('cannot ask for what is not among their values', () => {
    expect(() => render('{bytes:bytes} more', {})).toThrow('not in its values');
    expect(() => render('{bytes:parsecs}', { bytes: 1 })).toThrow('does not exist');
  });

  it('keep hostile names on one line and short', () => {
    const one = evidence('ec2', 'found', 'x', 'workload {name}', { name: `a\n\u2028b${'x'.repeat(500)}` });
    expect(one.says.length).toBeLessThan(140);
    expect(one.says).not.toMatch(/[\n\u2028]/);
  });

  it('name at most four of a list', () => {
    expect(render('{ids:list}', { ids: ['a', 'b', 'c', 'd', 'e'] })).toBe('a, b, c, d and more');
  });
});
