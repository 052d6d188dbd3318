import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { NetcostError } from '../errors.js';

const Tags = z.array(z.looseObject({ Key: z.string(), Value: z.string() })).optional();
const text = z.string().optional();
/** Not AWS's: where a live answer was read. What `aws ec2 describe-…` printed does not say. */
const Region = text;
const Vpcs = z.looseObject({
  Vpcs: z.array(
    z.looseObject({
      Region,
      VpcId: z.string(),
      CidrBlock: text,
      OwnerId: text,
      CidrBlockAssociationSet: z.array(z.looseObject({ CidrBlock: text })).optional(),
      Ipv6CidrBlockAssociationSet: z.array(z.looseObject({ Ipv6CidrBlock: text })).optional(),
      Tags,
    }),
  ),
});
const Subnets = z.looseObject({
  Subnets: z.array(
    z.looseObject({
      Region,
      SubnetId: z.string(),
      VpcId: z.string(),
      CidrBlock: text,
      AvailabilityZone: text,
      AvailabilityZoneId: text,
      OwnerId: text,
      Ipv6CidrBlockAssociationSet: z.array(z.looseObject({ Ipv6CidrBlock: text })).optional(),
      Tags,
    }),
  ),
});
const Interfaces = z.looseObject({
  NetworkInterfaces: z.array(
    z.looseObject({
      Region,
      NetworkInterfaceId: z.string(),
      InterfaceType: text,
      Description: text,
      VpcId: text,
      SubnetId: text,
      AvailabilityZone: text,
      OwnerId: text,
      PrivateIpAddress: text,
      PrivateIpAddresses: z.array(z.looseObject({ PrivateIpAddress: text })).optional(),
      Ipv6Addresses: z.array(z.looseObject({ Ipv6Address: text })).optional(),
      Attachment: z.looseObject({ InstanceId: text, InstanceOwnerId: text, AttachTime: text }).optional(),
      TagSet: Tags,
    }),
  ),
});
const Gateways = z.looseObject({
  NatGateways: z.array(
    z.looseObject({
      Region,
      NatGatewayId: z.string(),
      VpcId: text,
      SubnetId: text,
      OwnerId: text,
      State: text,
      NatGatewayAddresses: z
        .array(
          z.looseObject({
            PrivateIp: text,
            NetworkInterfaceId: text,
            AvailabilityZoneId: text,
            AvailabilityZone: text,
          }),
        )
        .optional(),
    }),
  ),
});

/** Route tables and endpoints are kept as AWS gives them: who needs them reads more of them than is read here. */
const RouteTables = z.looseObject({ RouteTables: z.array(z.looseObject({ Region, RouteTableId: z.string() })) });
const Endpoints = z.looseObject({ VpcEndpoints: z.array(z.looseObject({ Region, VpcEndpointId: z.string() })) });

/** The Describe… responses of one or several accounts, parsed. */
export interface InventoryFiles {
  readonly vpcs: z.infer<typeof Vpcs>['Vpcs'];
  readonly subnets: z.infer<typeof Subnets>['Subnets'];
  readonly interfaces: z.infer<typeof Interfaces>['NetworkInterfaces'];
  readonly natGateways: z.infer<typeof Gateways>['NatGateways'];
  /** Undefined where they were not read: then nothing may be said of what is missing there. */
  readonly routeTables?: z.infer<typeof RouteTables>['RouteTables'] | undefined;
  readonly endpoints?: z.infer<typeof Endpoints>['VpcEndpoints'] | undefined;
}

/** The files of an inventory, by their name in a folder `ec2/`. */
export const INVENTORY_DOCUMENTS = [
  'vpcs',
  'subnets',
  'network-interfaces',
  'nat-gateways',
  'route-tables',
  'vpc-endpoints',
] as const;
export type InventoryDocument = (typeof INVENTORY_DOCUMENTS)[number];

/**
 * Reads the documents, each as the AWS API gives it; an absent one is an empty list (route tables, endpoints: unknown).
 * @throws ZodError where one is another thing.
 */
export function parseInventory(documents: Readonly<Partial<Record<InventoryDocument, unknown>>>): InventoryFiles {
  const read = <T>(name: InventoryDocument, schema: z.ZodType<T>): T | undefined =>
    documents[name] === undefined ? undefined : schema.parse(documents[name]);
  return {
    vpcs: read('vpcs', Vpcs)?.Vpcs ?? [],
    subnets: read('subnets', Subnets)?.Subnets ?? [],
    interfaces: read('network-interfaces', Interfaces)?.NetworkInterfaces ?? [],
    natGateways: read('nat-gateways', Gateways)?.NatGateways ?? [],
    routeTables: read('route-tables', RouteTables)?.RouteTables,
    endpoints: read('vpc-endpoints', Endpoints)?.VpcEndpoints,
  };
}

/**
 * Reads the documents of a folder. A missing file is no error; a broken one is, in one line.
 * @throws NetcostError 'input'
 */
export async function readInventoryFiles(folder: string): Promise<InventoryFiles> {
  const files = await Promise.all(
    INVENTORY_DOCUMENTS.map(async (name): Promise<Partial<InventoryFiles>> => {
      const path = join(folder, `${name}.json`);
      let body: string;
      try {
        body = await readFile(path, 'utf8');
      } catch {
        return {};
      }
      try {
        const { [LIST_OF[name]]: list } = parseInventory({ [name]: JSON.parse(body) });
        return { [LIST_OF[name]]: list };
      } catch (cause) {
        throw new NetcostError('input', `${path} is not the response that its name says.`, {
          cause,
          hint: 'It holds what `aws ec2 describe-… --output json` prints.',
        });
      }
    }),
  );
  return Object.assign({ vpcs: [], subnets: [], interfaces: [], natGateways: [] }, ...files) as InventoryFiles;
}

const LIST_OF = {
  vpcs: 'vpcs',
  subnets: 'subnets',
  'network-interfaces': 'interfaces',
  'nat-gateways': 'natGateways',
  'route-tables': 'routeTables',
  'vpc-endpoints': 'endpoints',
} as const satisfies Record<InventoryDocument, keyof InventoryFiles>;
