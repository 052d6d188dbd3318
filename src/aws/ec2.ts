import {
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { attempt } from '../triage/bundle/files.js';
import type { Reading } from '../triage/sources.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { asDocument, ask, readPages } from './ask.js';

/** The six Describe… answers of one place, by the file's name in a bundle: `{ "Vpcs": […] }`, … */
export type NetworkDocuments = Readonly<Record<NetworkFile, Reading<Readonly<Record<string, readonly unknown[]>>>>>;
type NetworkFile = 'vpcs' | 'subnets' | 'route-tables' | 'nat-gateways' | 'vpc-endpoints' | 'network-interfaces';

/** 1,000 a page: a hundred thousand interfaces; beyond it the answer is cut, and that is an error, not a whole. */
const MOST_PAGES = 100;
const PAGE_SIZE = 1_000;

type Page = Promise<{ readonly items: readonly unknown[]; readonly token: string | undefined }>;

/** What stands where in one account and Region. Each call is for itself: one that fails leaves the others. Never throws. */
export async function describeNetwork(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<NetworkDocuments> {
  const client = access.client(EC2Client, place);
  const size = { MaxResults: PAGE_SIZE };
  const read = (list: string, call: string, page: (token: string | undefined) => Page) =>
    attempt(async () => {
      const { items, hasMore } = await readPages(MOST_PAGES, page);
      if (hasMore) throw new Error(`ec2:${call} has more than ${MOST_PAGES} pages`);
      return { [list]: items };
    });
  const [vpcs, subnets, tables, nats, endpoints, interfaces] = await Promise.all([
    read('Vpcs', 'DescribeVpcs', (NextToken) =>
      ask('ec2:DescribeVpcs', place, signal, async (options) => {
        const answer = await client.send(new DescribeVpcsCommand({ ...size, NextToken }), options);
        return pageOf(answer.Vpcs, answer.NextToken);
      }),
    ),
    read('Subnets', 'DescribeSubnets', (NextToken) =>
      ask('ec2:DescribeSubnets', place, signal, async (options) => {
        const answer = await client.send(new DescribeSubnetsCommand({ ...size, NextToken }), options);
        return pageOf(answer.Subnets, answer.NextToken);
      }),
    ),
    read('RouteTables', 'DescribeRouteTables', (NextToken) =>
      ask('ec2:DescribeRouteTables', place, signal, async (options) => {
        // Route tables are paged by a hundred (EC2 API reference).
        const answer = await client.send(new DescribeRouteTablesCommand({ MaxResults: 100, NextToken }), options);
        return pageOf(answer.RouteTables, answer.NextToken);
      }),
    ),
    read('NatGateways', 'DescribeNatGateways', (NextToken) =>
      ask('ec2:DescribeNatGateways', place, signal, async (options) => {
        const answer = await client.send(new DescribeNatGatewaysCommand({ ...size, NextToken }), options);
        return pageOf(answer.NatGateways, answer.NextToken);
      }),
    ),
    read('VpcEndpoints', 'DescribeVpcEndpoints', (NextToken) =>
      ask('ec2:DescribeVpcEndpoints', place, signal, async (options) => {
        const answer = await client.send(new DescribeVpcEndpointsCommand({ ...size, NextToken }), options);
        return pageOf(answer.VpcEndpoints, answer.NextToken);
      }),
    ),
    read('NetworkInterfaces', 'DescribeNetworkInterfaces', (NextToken) =>
      ask('ec2:DescribeNetworkInterfaces', place, signal, async (options) => {
        const answer = await client.send(new DescribeNetworkInterfacesCommand({ ...size, NextToken }), options);
        return pageOf(answer.NetworkInterfaces, answer.NextToken);
      }),
    ),
  ]);
  return {
    vpcs,
    subnets,
    'route-tables': tables,
    'nat-gateways': nats,
    'vpc-endpoints': endpoints,
    'network-interfaces': interfaces,
  };
}

function pageOf(items: readonly unknown[] | undefined, token: string | undefined) {
  return { items: asDocument(items ?? []) as readonly unknown[], token };
}
