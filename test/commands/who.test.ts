import { beforeAll, describe, expect, it } from 'vitest';
import { handle, type WhoDeps } from '../../commands/who.js';
import { type Call, type Caller, TERMINAL } from '../../src/answers/reply.js';
import type { Names } from '../../src/attribution/identify.js';
import { indexOwners } from '../../src/attribution/owners.js';
import { parseOwners } from '../../src/attribution/owners-file.js';
import { loadRemoteTables } from '../../src/attribution/ranges.js';

const OWNERS = parseOwners(`
owners:
  - { team: payments, env: prod, prefixes: [10.20.0.0/20] }
  - { team: search, vpcs: [vpc-0a1b] }
remotes:
  - { name: Datadog, prefixes: [203.0.113.0/25] }`);

let names: Names;
let deps: WhoDeps;
beforeAll(async () => {
  const owners = indexOwners(OWNERS);
  names = {
    owners,
    tables: await loadRemoteTables({ remotes: owners.remotes }),
    placeOf: (address) => (address === '10.70.0.9' ? { vpcId: 'vpc-0a1b', workload: 'i-0123' } : undefined),
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
    expect(
      (await rows('<http://52.216.58.42|52.216.58.42> 52.216.58.42 64:ff9b::34d8:3a2a')).map(([address]) => address),
    ).toEqual(['52.216.58.42']);
  });

  it('does not tell a person of teams that they may not see', async () => {
    const member: Caller = { id: 'T1/U1', teams: ['search'], roles: ['member'] };
    const [owned, own] = await rows('10.20.1.1 10.70.0.9', member);
    const [nobodys] = await rows('10.99.1.1', member);
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
});
