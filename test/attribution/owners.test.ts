import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Client, indexOwners, loadOwners, resolveOwner } from '../../src/attribution/owners.js';
import { parseOwners } from '../../src/attribution/owners-file.js';
import { NetcostError } from '../../src/errors.js';

const owners = (yaml: string) => indexOwners(parseOwners(yaml));
const whose = (yaml: string, client: Client) => resolveOwner(owners(yaml), client)?.team;

const COMPANY = `
owners:
  - { team: payments-batch, env: prod, prefixes: [10.20.5.0/24] }
  - { team: platform, env: prod, prefixes: [10.20.0.0/16] }
  - { team: payments, env: prod, prefixes: [10.20.0.0/20, fd00:20::/56], channel: "#payments", labels: { customer: acme, Cost-Centre: 4711 } }
  - { team: Payments, env: Dev, prefixes: [10.20.8.0/22] }
  - { team: search, accounts: [111122223333], vpcs: [vpc-0a1b], tags: { service: search } }
  - { team: legacy, accounts: ["444455556666"] }
  - { team: web, vpcs: vpc-0c3d }
`;

describe('resolveOwner', () => {
  it('takes the longest prefix, of either family', () => {
    expect(whose(COMPANY, { address: '10.20.5.7' })).toBe('payments-batch');
    expect(whose(COMPANY, { address: '10.20.4.7' })).toBe('payments');
    expect(whose(COMPANY, { address: '10.20.99.7' })).toBe('platform');
    expect(whose(COMPANY, { address: 'FD00:20:0:0:1::9' })).toBe('payments');
    expect(whose(COMPANY, { address: '::ffff:10.20.99.7' })).toBe('platform');
    expect(whose(COMPANY, { address: '192.0.2.1' })).toBeUndefined();
    expect(whose(COMPANY, { address: 'unknown' })).toBeUndefined();
  });

  it('lets a prefix beat a tag, a tag a VPC, a VPC an account', () => {
    const all = { vpcId: 'vpc-0c3d', accountId: '444455556666', tags: new Map([['Service', 'Search']]) };
    expect(resolveOwner(owners(COMPANY), { address: '10.20.5.7', ...all })).toMatchObject({
      via: 'prefix',
      matched: '10.20.5.0/24',
    });
    expect(resolveOwner(owners(COMPANY), { address: '10.9.9.9', ...all })).toMatchObject({
      team: 'search',
      via: 'tag',
    });
    expect(resolveOwner(owners(COMPANY), { address: '10.9.9.9', ...all, tags: undefined })).toMatchObject({
      team: 'web',
      via: 'vpc',
    });
    expect(resolveOwner(owners(COMPANY), { address: '10.9.9.9', accountId: '444455556666' })).toMatchObject({
      team: 'legacy',
      via: 'account',
      matched: '444455556666',
    });
    expect(whose(COMPANY, { address: '10.9.9.9', accountId: '000000000000' })).toBeUndefined();
  });

  it('has one spelling for names that differ in case alone, and labels by lower-case name', () => {
    const dev = resolveOwner(owners(COMPANY), { address: '10.20.8.1' })!;
    expect([dev.team, dev.env]).toEqual(['payments', 'Dev']);
    const prod = resolveOwner(owners(COMPANY), { address: '10.20.1.1' })!;
    expect([...prod.labels]).toEqual([
      ['customer', 'acme'],
      ['cost-centre', '4711'],
    ]);
    expect(prod.channel).toBe('#payments');
  });

  it('tells equal prefixes apart by the VPC and the account that the entries also name', () => {
    const yaml = `
owners:
  - { team: other, prefixes: [10.0.0.0/16], vpcs: [vpc-1] }
  - { team: nobody-else, prefixes: [10.0.0.0/16] }
  - { team: mine, prefixes: [10.0.0.0/16], vpcs: [VPC-2] }
  - { team: account, prefixes: [10.0.0.0/16], accounts: ["000000000007"] }`;
    const address = '10.0.1.1';
    expect(whose(yaml, { address, vpcId: 'vpc-2', accountId: '000000000007' })).toBe('mine');
    expect(whose(yaml, { address, vpcId: 'vpc-3', accountId: '000000000007' })).toBe('account');
    expect(whose(yaml, { address, vpcId: 'vpc-1' })).toBe('other');
    expect(whose(yaml, { address, vpcId: 'vpc-9' })).toBe('nobody-else');
    expect(whose(yaml, { address })).toBe('nobody-else');
  });

  it('lets a longer prefix win over an equal VPC, and an entry’s other words be alternatives', () => {
    const yaml =
      'owners: [{ team: a, prefixes: [10.0.0.0/16], vpcs: [vpc-1] }, { team: b, prefixes: [10.0.1.0/24], vpcs: [vpc-2] }]';
    expect(whose(yaml, { address: '10.0.1.1', vpcId: 'vpc-1' })).toBe('b');
    expect(whose(yaml, { address: '10.9.9.9', vpcId: 'vpc-1' })).toBe('a');
  });

  it('asks for all tags of an entry and prefers the entry that asks for most', () => {
    const yaml = 'owners: [{ team: a, tags: { app: x } }, { team: b, tags: { app: x, stage: prod } }]';
    const client = (tags: Record<string, string>) => ({ address: '10.1.1.1', tags: new Map(Object.entries(tags)) });
    expect(whose(yaml, client({ app: 'x', stage: 'prod' }))).toBe('b');
    expect(whose(yaml, client({ app: 'x', stage: 'dev' }))).toBe('a');
    expect(whose(yaml, client({ stage: 'prod' }))).toBeUndefined();
  });

  it('is not tricked by names of object properties', () => {
    const yaml = `
owners:
  - { team: __proto__, prefixes: [10.0.0.0/8], labels: { __proto__: x, constructor: y }, __proto__: { team: evil } }`;
    const owner = resolveOwner(owners(yaml), { address: '10.1.1.1' })!;
    expect(owner.team).toBe('__proto__');
    expect(owner.labels.get('__proto__')).toBe('x');
    expect(owner.labels.get('tostring')).toBeUndefined();
    expect(({} as Record<string, unknown>).team).toBeUndefined();
  });
});

describe('parseOwners', () => {
  it('reads an empty file, and lone values where a list is meant', () => {
    expect(parseOwners('')).toEqual({ owners: [], remotes: [], notes: [] });
    expect(parseOwners('owners:\nremotes:\n').owners).toEqual([]);
    const file = parseOwners(
      'owners: [{ team: a, prefixes: 10.0.0.0/8, accounts: 12345 }]\nremotes: [{ name: Datadog, prefixes: [203.0.113.0/25] }]',
    );
    expect(file.owners[0]).toMatchObject({ accounts: ['000000012345'], prefixes: [{ family: 4 }] });
    expect(file.remotes[0]).toMatchObject({ name: 'Datadog', category: undefined });
  });

  it.each([
    ['owners: [', /^o\.yaml is not YAML: /],
    ['- a\n- b', /holds no mapping/],
    ['owner: []', /unknown word "owner"; did you mean "owners"\?/],
    ['owners: payments', /has owners "payments"; allowed is a list/],
    ['owners: [payments]', /owners entry 1 is "payments", not a mapping/],
    ['owners: [{ prefixes: [10.0.0.0/8] }]', /owners entry 1 has no team\./],
    [
      'owners: [{ team: a }, { team: b, prefixes: [10.20.0.0/33] }]',
      /owners entry 2 has prefixes "10\.20\.0\.0\/33"; allowed is a CIDR prefix/,
    ],
    ['owners: [{ team: a, prefixes: [10] }]', /has prefixes 10; allowed is a CIDR prefix/],
    ['owners: [{ team: a, prefxes: [10.0.0.0/8] }]', /unknown word "prefxes"; did you mean "prefixes"\?/],
    ['owners: [{ team: a, accounts: [prod] }]', /has accounts "prod"; allowed is an AWS account id of 12 digits/],
    ['owners: [{ team: a, vpcs: [subnet-1] }]', /has vpcs "subnet-1"; allowed is a VPC id/],
    ['owners: [{ team: a, labels: [x] }]', /has labels a list; allowed is names with one value each/],
    ['owners: [{ team: a, labels: { x: [1, 2] } }]', /has labels a mapping; allowed is names with one value each/],
    ['owners: [{ team: a, labels: { X: 1, x: 2 } }]', /label "x" twice/],
    ['owners: [{ team: "" }]', /has team ""; allowed is a name of 1 to 200 characters/],
    ['owners: [{ team: a, team: b }]', /not YAML/],
    ['remotes: [{ prefixes: [10.0.0.0/8] }]', /remotes entry 1 has no name\./],
  ])('says in one line what is wrong with %j', (yaml, message) => {
    let error: unknown;
    try {
      parseOwners(yaml, 'o.yaml');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(NetcostError);
    expect((error as NetcostError).code).toBe('config');
    expect((error as NetcostError).message).toMatch(message);
    expect((error as NetcostError).message).not.toContain('\n');
  });

  it('reads any text or refuses it in one line', () => {
    const pieces = fc.constantFrom(
      'owners:',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      'team',
      'prefixes',
      ': ',
      ', ',
      'a',
      '10.0.0.0/8',
      '&x ',
      '*x',
      '!!set',
      '? ',
      '"',
      '__proto__',
      '.nan',
      '1e400',
      '<<',
      '|',
      '\t',
      'labels',
      'null',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        try {
          indexOwners(parseOwners(`${parts.join('')}`));
        } catch (error) {
          expect(error).toBeInstanceOf(NetcostError);
          expect((error as NetcostError).message).not.toContain('\n');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('notes what it passes over', () => {
    const { notes } = owners(
      'owners: [{ team: a, contact: x, prefixes: [10.0.0.0/8] }, { team: b, prefixes: [10.0.0.0/8] }, { team: c }]\nremotes: [{ name: d }]',
    );
    expect(notes).toEqual([
      'owners.yaml: owners entry 1 has the unknown word "contact", which is passed over; known are team, env, channel, labels, prefixes, vpcs, accounts, tags.',
      'owners.yaml: owners entry 3 (c) names no prefixes, vpcs, accounts or tags, so it owns nothing.',
      'owners.yaml: remotes entry 1 (d) names no prefixes, so it matches nothing.',
      'The prefix 10.0.0.0/8 is given to a and to b; the first counts.',
    ]);
  });

  it('reads a file, and says when it cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netcost-owners-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'owners.yaml');
    await expect(loadOwners(path)).rejects.toMatchObject({
      code: 'input',
      message: `The owners file ${path} cannot be read (ENOENT).`,
    });
    writeFileSync(path, COMPANY);
    expect((await loadOwners(path)).entries).toHaveLength(7);
  });
});
