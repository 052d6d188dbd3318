import {
  EC2Client,
  GetIpamAddressHistoryCommand,
  GetIpamResourceCidrsCommand,
  type IpamResourceCidr,
} from '@aws-sdk/client-ec2';
import type { PlaceDocuments } from '../attribution/place-copies.js';
import { NetcostError } from '../errors.js';
import { groupBy } from '../triage/evidence/group-by.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask, readPages } from './ask.js';

const MOST_PAGES = 1_000;
const PAGE_SIZE = 1_000;

/**
 * The VPCs and subnets that a scope of VPC IPAM watches, in every account, in the form of Describe… answers: an
 * organisation's plan without a role in each account.
 * @throws NetcostError 'upstream'
 */
export async function readIpamScope(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  scopeId: string,
  signal?: AbortSignal,
): Promise<PlaceDocuments> {
  const client = access.client(EC2Client, place);
  const { items, hasMore } = await readPages(MOST_PAGES, (NextToken) =>
    ask('ec2:GetIpamResourceCidrs', place, signal, async (options) => {
      const input = { IpamScopeId: scopeId, MaxResults: PAGE_SIZE, NextToken };
      const answer = await client.send(new GetIpamResourceCidrsCommand(input), options);
      return { items: answer.IpamResourceCidrs ?? [], token: answer.NextToken };
    }),
  );
  if (hasMore) throw new NetcostError('upstream', `ec2:GetIpamResourceCidrs has more than ${MOST_PAGES} pages.`);
  // A VPC with several ranges is several items of one id; a Describe… answer has it once.
  const group = (type: string) =>
    groupBy(
      items.filter(({ ResourceType }) => ResourceType === type),
      ({ ResourceId = '' }) => ResourceId,
    );
  return {
    vpcs: {
      Vpcs: [...group('vpc')].map(([VpcId, parts]) => ({
        VpcId,
        ...common(parts),
        ...rangesOf(parts, 'CidrBlockAssociationSet'),
      })),
    },
    subnets: {
      Subnets: [...group('subnet')].map(([SubnetId, parts]) => ({
        SubnetId,
        VpcId: parts[0]?.VpcId ?? '',
        AvailabilityZoneId: parts[0]?.AvailabilityZoneId,
        ...common(parts),
        ...rangesOf(parts, undefined),
      })),
    },
  };
}

function common([first]: readonly IpamResourceCidr[]) {
  return {
    OwnerId: first?.ResourceOwnerId,
    Region: first?.ResourceRegion,
    Tags: (first?.ResourceTags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value })),
  };
}

function rangesOf(parts: readonly IpamResourceCidr[], more: 'CidrBlockAssociationSet' | undefined) {
  const cidrs = parts.flatMap(({ ResourceCidr }) => ResourceCidr ?? []);
  const four = cidrs.filter((cidr) => !cidr.includes(':'));
  return {
    CidrBlock: four[0],
    ...(more && { [more]: four.map((CidrBlock) => ({ CidrBlock })) }),
    Ipv6CidrBlockAssociationSet: cidrs.filter((cidr) => cidr.includes(':')).map((Ipv6CidrBlock) => ({ Ipv6CidrBlock })),
  };
}

/** Who had an address, as IPAM samples it; times are UTC ms. */
export interface IpamSample {
  readonly resourceId: string;
  readonly vpcId: string | undefined;
  readonly accountId: string | undefined;
  readonly fromMs: number;
  /** Undefined where it still has it. */
  readonly toMs: number | undefined;
}

/**
 * Who had an address between two moments, at most three years back.
 * @throws NetcostError 'upstream'
 */
export async function readIpamHistory(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  scopeId: string,
  asked: { readonly address: string; readonly fromMs: number; readonly toMs: number },
  signal?: AbortSignal,
): Promise<readonly IpamSample[]> {
  const client = access.client(EC2Client, place);
  const { items } = await readPages(10, (NextToken) =>
    ask('ec2:GetIpamAddressHistory', place, signal, async (options) => {
      const answer = await client.send(
        new GetIpamAddressHistoryCommand({
          Cidr: `${asked.address}/${asked.address.includes(':') ? 128 : 32}`,
          IpamScopeId: scopeId,
          StartTime: new Date(asked.fromMs),
          EndTime: new Date(asked.toMs),
          NextToken,
        }),
        options,
      );
      return { items: answer.HistoryRecords ?? [], token: answer.NextToken };
    }),
  );
  return items
    .filter(({ ResourceType }) => ResourceType === 'network-interface' || ResourceType === 'instance')
    .flatMap(({ ResourceId, VpcId, ResourceOwnerId, SampledStartTime, SampledEndTime }) =>
      ResourceId === undefined || SampledStartTime === undefined
        ? []
        : [
            {
              resourceId: ResourceId,
              vpcId: VpcId,
              accountId: ResourceOwnerId,
              fromMs: SampledStartTime.getTime(),
              toMs: SampledEndTime?.getTime(),
            },
          ],
    );
}
