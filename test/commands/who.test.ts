import { beforeAll, describe, expect, it } from 'vitest';
import { handle, type WhoDeps } from '../../commands/who.js';
import { type Call, type Caller, TERMINAL } from '../../src/answers/reply.js';
import type { WhoNames } from '../../src/answers/who.js';
import { type Holder, indexHolders } from '../../src/attribution/holders.js';
import { indexOwners } from '../../src/attribution/owners.js';
import { parseOwners } from '../../src/attribution/owners-file.js';
import { loadRemoteTables } from '../../src/attribution/ranges.js';
import { NetcostError } from '../../src/errors.js';

const OWNERS = parseOwners(`
owners:
  - { team: payments, env: prod, prefixes: [10.20.0.0/20] }
  - { team: search, vpcs: [vpc-0a1b] }
remotes:
  - { name: Datadog, prefixes: [203.0.113.0/25] }`);

let names: WhoNames;
let deps: WhoDeps;
beforeAll(async () => {
  const owners = indexOwners(OWNERS);
  names = {
    owners,
    tables: await loadRemoteTables({ remotes: owners.remotes }),
    placeOf: (address) => (address === '10.70.0.9' ? { vpcId: 'vpc-0a1b', workload: 'i-0123' } : undefined),
    notes: () => [],
  };
  deps = { names: async () => names };
});
const call = (text: string, caller: Caller = TERMINAL): Call => ({ text, nowMs: 0, caller });
const rows = async (text: string, caller?: Caller) => {
  const reply = await handle(deps, call(text, caller));
  return reply.kind === 'table' ? reply.rows : [];
};

describe('who', () => {
  it('says owner or provider, workload, service, Region, and how it is known', async () => {
    expect(await rows('10.20.1.1, 10.70.0.9 52.216.58.42 203.0.113.1\n10.99.1.1 192.0.2.1')).toEqual([
      ['10.20.1.1', 'payments', 'prod', null, null, null, 'prefix 10.20.0.0/20 of the owners file'],
      ['10.70.0.9', 'search', null, 'i-0123', null, null, 'vpc vpc-0a1b of the owners file'],
      ['52.216.58.42', 'aws', null, null, 'S3', 'us-east-1', 'AWS ip-ranges of 2026-08-22, bundled'],
      ['203.0.113.1', null, null, null, 'Datadog', null, 'named in the owners file'],
      [
        '10.99.1.1',
        'unattributed',
        null,
        null,
        null,
        null,
        'a private address that no entry of the owners file covers',
      ],
      ['192.0.2.1', null, null, null, null, null, 'in none of the tables'],
    ]);
  });

  it('reads addresses as Slack sends them, each once, NAT64 as the IPv4 that it stands for', async () => {
    expect((await rows('<http://52.216.58.42|52.216.58.42> 52.216.58.42 64:ff9b::34d8:3a2a'))[0]).toEqual([
      'address',
      '52.216.58.42',
    ]);
  });

  it('does not tell a person of teams that they may not see', async () => {
    const member: Caller = { id: 'T1/U1', teams: ['search'], roles: ['member'] };
    const [owned, own] = await rows('10.20.1.1 10.70.0.9', member);
    const [nobodys] = await rows('10.99.1.1 10.99.1.2', member);
    expect(owned!.slice(1)).toEqual(nobodys!.slice(1));
    expect(own![1]).toBe('search');
  });

  it('refuses what is no address, before anything is loaded where it can', async () => {
    await expect(handle(deps, call('  '))).rejects.toMatchObject({ code: 'usage' });
    await expect(handle(deps, call('payments'))).rejects.toMatchObject({
      code: 'usage',
      message: '"payments" is no IP address.',
    });
    await expect(
      handle(deps, call('10.1.1.1 '.repeat(2).concat(Array.from({ length: 101 }, (_, i) => `10.0.0.${i}`).join(' ')))),
    ).rejects.toMatchObject({
      message: '102 addresses were given; allowed are 100.',
    });
  });

  it('tells one address line by line', async () => {
    expect(await rows('10.70.0.9')).toEqual([
      ['address', '10.70.0.9'],
      ['who', 'search'],
      ['workload', 'i-0123'],
      ['VPC', 'vpc-0a1b'],
      ['known by', 'vpc vpc-0a1b of the owners file'],
    ]);
    expect(await rows('192.0.2.1')).toEqual([
      ['address', '192.0.2.1'],
      ['who', null],
      ['known by', 'in none of the tables'],
    ]);
  });
});

describe('who at=', () => {
  const at = (text: string) => Date.parse(text);
  const holder = (more: Partial<Holder>): Holder => ({
    address: '10.70.0.9',
    vpcId: 'vpc-0a1b',
    interfaceId: 'eni-1',
    tags: {},
    firstSeenMs: at('2026-11-10T00:00Z'),
    lastSeenMs: at('2026-11-18T00:00Z'),
    ...more,
  });
  const history = [
    holder({ workload: 'i-old', fromMs: at('2026-11-01T00:00Z') }),
    holder({ workload: 'i-new', interfaceId: 'eni-2', fromMs: at('2026-11-18T12:00Z') }),
  ];
  const dated = (text: string, nowMs = at('2026-11-20T12:00Z')) =>
    handle(
      {
        names: async () => ({
          ...names,
          holdersOf: indexHolders(history).of,
          networkOf: () => ({ vpcId: 'vpc-0a1b' }),
        }),
      },
      { ...call(text), nowMs },
    );
  const told = async (text: string) => new Map((await dated(text)).rows.map(([what, is]) => [what, is]));

  it('says who has it now, since when', async () => {
    const now = await told('10.70.0.9');
    expect(now.get('workload')).toBe('i-new');
    expect(now.get('since')).toBe('2026-11-18T12:00:00Z (48 hours)');
  });

  it.each([
    ['at=2026-11-15', 'i-old', '2026-11-01T00:00:00Z, until 2026-11-18T12:00:00Z'],
    ['at=2026-11-18T11:59Z', 'i-old', '2026-11-01T00:00:00Z, until 2026-11-18T12:00:00Z'],
    ['at=3d', 'i-old', '2026-11-01T00:00:00Z, until 2026-11-18T12:00:00Z'],
    ['at=2026-11-18 12:00', 'i-new', '2026-11-18T12:00:00Z (48 hours)'],
  ])('says who had it then: %s', async (moment, workload, since) => {
    const then = await told(`10.70.0.9 ${moment}`);
    expect([then.get('workload'), then.get('since')]).toEqual([workload, since]);
  });

  it('does not give the first holder what was before it', async () => {
    const before = await dated('10.70.0.9 at=2026-10-01');
    expect(before.rows.map(([what]) => what)).not.toContain('workload');
    expect(before.notes[0]).toContain('was not seen');
  });

  it('refuses what is no moment', async () => {
    await expect(dated('10.70.0.9 at=soon')).rejects.toMatchObject({ code: 'usage', message: 'at=soon is no moment.' });
    await expect(dated('10.70.0.9 at=2026-02-30')).rejects.toMatchObject({ code: 'usage' });
  });

  it('asks IPAM where it did not see who had it, and says where IPAM fails', async () => {
    const asked = { ...names, placeOf: () => undefined, networkOf: () => undefined };
    const ask = (askHistory: WhoNames['askHistory']) =>
      handle({ names: async () => ({ ...asked, askHistory }) }, call('10.99.0.9 at=2026-11-15'));
    const told = await ask(async () => [holder({ address: '10.99.0.9', workload: 'eni-7', fromMs: at('2026-11-14') })]);
    expect(told.rows).toContainEqual(['workload', 'eni-7']);
    const failed = await ask(async () => {
      throw new NetcostError('upstream', 'AWS does not allow ec2:GetIpamAddressHistory.');
    });
    expect(failed.notes).toContain('VPC IPAM was not asked who had it: AWS does not allow ec2:GetIpamAddressHistory.');
  });
});
