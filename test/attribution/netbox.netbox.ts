import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNaming } from '../../src/answers/load-naming.js';
import { describeCopies } from '../../src/attribution/copy-states.js';
import { listNetbox } from '../../src/attribution/netbox.js';
import { type NetboxFields, netboxEntries, readNetboxOwners } from '../../src/attribution/netbox-owners.js';
import { indexOwners, resolveOwner } from '../../src/attribution/owners.js';
import { parseConfig } from '../../src/config.js';
import { checkNetbox } from '../../src/main/check-owners.js';
import { copySourcesOf } from '../../src/main/copy-sources.js';
import { refreshOwnersOnce } from '../../src/main/owners.js';

const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run npm run test:netbox`);
  return value;
};
const url = env('NETBOX_URL');
const tokens = [env('NETBOX_TOKEN_V1'), env('NETBOX_TOKEN_V2')] as const;
const FIELDS: NetboxFields = {
  team: 'tenant',
  env: 'role',
  channel: 'cf.slack_channel',
  labels: { customer: 'cf.customer', group: 'tenant.group' },
  vrfs: { blue: ['vpc-0b1e'], '65000:2': ['111122223333'] },
};

/** A proxy in front of NetBox, under another name and a path, as companies have; it can be stopped. */
let proxy: Server;
let proxyUrl: string;
const asked: string[] = [];
beforeAll(async () => {
  proxy = createServer((incoming, answer) => {
    asked.push(incoming.url ?? '');
    const target = new URL((incoming.url ?? '').replace(/^\/ipam-tool/, ''), url);
    // NetBox sees its own name, so the pages that it links to are not to be reached from here.
    const headers = { ...incoming.headers, host: 'netbox.internal' };
    request(target, { headers }, (inner) => {
      answer.writeHead(inner.statusCode ?? 502, inner.headers);
      inner.pipe(answer);
    }).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/ipam-tool`;
});
afterAll(() => proxy.close());

describe('a NetBox of 2,000 nested prefixes', () => {
  it('is read in under ten seconds', async () => {
    const started = performance.now();
    const found = await readNetboxOwners({ url, token: tokens[1] }, FIELDS);
    const owners = indexOwners({ owners: netboxEntries(found), remotes: [], notes: [] });
    owners.prefixes.lookup('10.64.0.1');
    const tookMs = performance.now() - started;
    process.stderr.write(`2,000 prefixes of NetBox were read and indexed in ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeLessThan(10_000);
    // The two without a tenant and the one that is deprecated say nothing of owners.
    expect([found.read, found.prefixes.length]).toEqual([2000, 1997]);
  });

  it.each([
    ['version 1', tokens[0]],
    ['version 2', tokens[1]],
  ])('takes a token of %s', async (_, token) => {
    const rows = await listNetbox({ url, token }, 'ipam/vrfs');
    expect(rows.map(({ name }) => name)).toEqual(['blue', 'red']);
  });

  it.each([
    ['0'.repeat(40), /does not accept the token: .*[Tt]oken/],
    ['nbt_netcosttests.wrong', /does not accept the token/],
  ])('says so where the token is wrong: %s', async (token, message) => {
    await expect(listNetbox({ url, token }, 'ipam/prefixes')).rejects.toMatchObject({
      code: 'upstream',
      message: expect.stringMatching(message),
    });
  });

  it('is read through a proxy whose name NetBox does not know, page by page', async () => {
    const small = await listNetbox({ url: proxyUrl, token: tokens[1] }, 'ipam/prefixes', { fields: 'id,prefix' });
    expect(new Set(small.map(({ id }) => id)).size).toBe(2000);
    expect(asked.filter((path) => path.startsWith('/ipam-tool/api/ipam/prefixes/'))).toHaveLength(2);
  });
});

describe('two VRFs with the same addresses', () => {
  // Read once: a machine that does much else takes its time.
  let plan: ReturnType<typeof readNetboxOwners> | undefined;
  const readPlan = () => {
    plan ??= readNetboxOwners({ url, token: tokens[1], pageMs: 120_000 }, FIELDS);
    return plan;
  };
  const resolve = async (client: Parameters<typeof resolveOwner>[1]) => {
    const found = await readPlan();
    const owners = indexOwners({
      owners: netboxEntries(found),
      remotes: [],
      notes: [],
      spaceOf: new Map(Object.entries(found.spaces)),
    });
    return resolveOwner(owners, client);
  };

  it('are told apart by the VPC or the account of the client', async () => {
    const blue = await resolve({ address: '10.40.16.9', vpcId: 'vpc-0b1e' });
    const red = await resolve({ address: '10.40.16.9', accountId: '111122223333' });
    expect([blue?.team, red?.team]).toEqual(['team-00', 'team-01']);
    expect(blue).toMatchObject({ matched: '10.40.16.0/24', via: 'prefix', source: 'NetBox', env: 'prod' });
    expect(blue?.labels.get('group')).toBe('Sales');
  });

  it('give nobody where the client could be in either, as long as the owners differ', async () => {
    expect(await resolve({ address: '10.40.16.9' })).toBeUndefined();
    expect((await resolve({ address: '10.64.0.1' }))?.source).toBe('NetBox');
    expect((await resolve({ address: 'fd00:20::1' }))?.team).toBe('team-05');
  });

  it('carry custom fields', async () => {
    const found = await readPlan();
    const wide = found.prefixes.find(({ prefix, vrf }) => prefix === '10.40.0.0/16' && vrf === 'blue (65000:1)');
    expect(wide).toMatchObject({ channel: '#blue', labels: { customer: 'acme', group: 'Sales' } });
  });
});

describe('netcost check', () => {
  const check = (vrfs: string, netboxToken: string | undefined) =>
    checkNetbox(parseConfig(`owners: { netbox: { url: "${url}", vrfs: { ${vrfs} } } }`, 'test'), { netboxToken });

  it('tries NetBox, and the VRFs that the config names', async () => {
    expect(await check('blue: [vpc-1]', tokens[0])).toEqual([{ ok: true, subject: 'NetBox', says: `${url}, 2 VRFs` }]);
    expect(await check('green: [vpc-1]', tokens[1])).toMatchObject([{ ok: false, says: `${url} has no VRF green.` }]);
    expect(await check('', undefined)).toMatchObject([{ ok: false, says: 'NETBOX_TOKEN is not set.' }]);
    expect(await check('', 'wrong')).toMatchObject([
      { ok: false, says: expect.stringContaining('does not accept the token') },
    ]);
  });
});

describe('a NetBox that stops', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netcost-netbox-copy-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('goes on answering from its copy, which says how old it is', async () => {
    const config = parseConfig(
      `owners: { netbox: { url: "${proxyUrl}" } }
ranges: { aws: false }
data: { copies: ${join(folder, 'copies')}, store: ${join(folder, 'store')} }`,
      'test',
    );
    const refresh = (nowMs: number) =>
      refreshOwnersOnce(config, { netboxToken: tokens[1] }, config.data.store, { nowMs: () => nowMs });
    const noon = Date.parse('2026-11-21T12:00:00Z');
    const ownerAt = async (nowMs: number) => {
      const { owners, copies = [] } = await loadNaming({ copies: copySourcesOf(config) });
      return { owner: resolveOwner(owners, { address: '10.64.0.1' }), notes: describeCopies(copies, nowMs) };
    };
    expect((await ownerAt(noon)).notes).toEqual(['NetBox was not read yet: what it knows of owners is missing.']);
    expect(await refresh(noon)).toEqual({ done: ['NetBox: 1997 of 2000 prefixes have an owner'], failed: [] });
    const before = await ownerAt(noon);
    expect(before.notes).toEqual([]);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    const { failed } = await refresh(noon + 3 * 3_600_000);
    expect(failed[0]?.error).toContain('cannot be reached: ECONNREFUSED');
    const after = await ownerAt(noon + 3 * 3_600_000);
    expect(after.owner).toEqual(before.owner);
    expect(after.notes).toEqual([
      expect.stringMatching(
        /^NetBox does not answer \(NetBox at 127.0.0.1:\d+ cannot be reached: ECONNREFUSED\): its copy is of 2026-11-21T12:00:00Z, 3 hours old\.$/,
      ),
    ]);
  });
});
