import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateNetworkInterfaceCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteNetworkInterfaceCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateAccountCommand,
  CreateOrganizationCommand,
  OrganizationsClient,
  TagResourceCommand,
} from '@aws-sdk/client-organizations';
import { afterAll, expect, it } from 'vitest';
import { loadNaming } from '../../src/answers/load-naming.js';
import { holderAt } from '../../src/attribution/holders.js';
import { resolveOwner } from '../../src/attribution/owners.js';
import { parseConfig } from '../../src/config.js';
import { copySourcesOf } from '../../src/main/copy-sources.js';
import { refreshOwnersOnce } from '../../src/main/owners.js';
import { openStore } from '../../src/rollups/store.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-owners-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = parseConfig(
  `aws:
  accounts:
    - { id: "123456789012", regions: [eu-north-1] }
owners:
  organizations: "123456789012"
  tags: { team: [Team, owner], env: [env], labels: { costcentre: [CostCentre] } }
ranges: { aws: false }
data: { copies: ${join(folder, 'copies')}, store: ${join(folder, 'store')} }`,
  'test',
);
const noon = Date.parse('2026-11-21T12:00:00Z');
const refresh = (nowMs: number) =>
  refreshOwnersOnce(config, { netboxToken: undefined }, config.data.store, { nowMs: () => nowMs });
const naming = () => loadNaming({ copies: copySourcesOf(config) });
const placeOf = async (address: string) => {
  const store = await openStore(config.data.store, { create: false });
  const place = store.inventory.placeOf(address, '');
  store.close();
  return place;
};

it('takes owners from tags of interfaces, subnets and accounts, and knows who had an address', async () => {
  const ec2 = new EC2Client({ region: 'eu-north-1' });
  const tags = (ResourceType: 'vpc' | 'subnet' | 'network-interface', pairs: Record<string, string>) => [
    { ResourceType, Tags: Object.entries(pairs).map(([Key, Value]) => ({ Key, Value })) },
  ];
  const { Vpc } = await ec2.send(
    new CreateVpcCommand({ CidrBlock: '10.77.0.0/16', TagSpecifications: tags('vpc', { env: 'prod' }) }),
  );
  const VpcId = Vpc!.VpcId!;
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({
      VpcId,
      CidrBlock: '10.77.1.0/24',
      TagSpecifications: tags('subnet', { owner: 'search' }),
    }),
  );
  const SubnetId = Subnet!.SubnetId!;
  const make = (Team: string) =>
    ec2.send(
      new CreateNetworkInterfaceCommand({
        SubnetId,
        PrivateIpAddress: '10.77.1.9',
        TagSpecifications: tags('network-interface', {
          Team,
          CostCentre: '4711',
          'aws:ecs:serviceName': `${Team}-api`,
        }),
      }),
    );
  const first = await make('payments');
  const organizations = new OrganizationsClient({ region: 'us-east-1' });
  await organizations.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
  const { CreateAccountStatus } = await organizations.send(
    new CreateAccountCommand({ Email: 'data@example.com', AccountName: 'data-prod' }),
  );
  const dataAccount = CreateAccountStatus!.AccountId!;
  await organizations.send(new TagResourceCommand({ ResourceId: dataAccount, Tags: [{ Key: 'team', Value: 'data' }] }));

  expect((await refresh(noon)).failed).toEqual([]);
  const { owners } = await naming();
  const owned = resolveOwner(owners, { address: '10.77.1.9', ...(await placeOf('10.77.1.9')) });
  expect(owned).toMatchObject({
    team: 'payments',
    env: 'prod',
    via: 'tag',
    source: 'AWS tags',
    matched: 'Team=payments',
  });
  expect(owned?.labels.get('costcentre')).toBe('4711');
  expect(resolveOwner(owners, { address: '10.77.1.50', ...(await placeOf('10.77.1.50')) })?.team).toBe('search');
  expect(resolveOwner(owners, { address: '10.99.0.1', accountId: dataAccount })).toMatchObject({
    team: 'data',
    via: 'account',
    source: 'AWS Organizations',
  });

  // The address changes hands.
  await ec2.send(
    new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: first.NetworkInterface!.NetworkInterfaceId! }),
  );
  await make('billing');
  expect((await refresh(noon + 3_600_000)).failed).toEqual([]);
  const { holders } = await naming();
  const teamAt = (atMs: number) => holderAt(holders!.of('10.77.1.9'), atMs)?.tags.Team;
  expect([teamAt(noon + 60_000), teamAt(noon + 3_600_000)]).toEqual(['payments', 'billing']);
  expect((await placeOf('10.77.1.9'))?.workload).toBe('billing-api');
});
