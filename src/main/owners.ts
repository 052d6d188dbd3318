import { refreshOwners } from '../../jobs/refresh-owners.js';
import { refreshRanges } from '../../jobs/refresh-ranges.js';
import { COPY_NAMES } from '../answers/copy-sources.js';
import type { Engine } from '../answers/open-engine.js';
import { readCopy, writeCopy } from '../attribution/copies.js';
import { awsRangesSource, providerRangesSource } from '../attribution/fetch-ranges.js';
import { type Holder, HolderHistory, seeHolders } from '../attribution/holders.js';
import { readNetboxOwners } from '../attribution/netbox-owners.js';
import { joinPlaceCopies, PlaceCopy, type PlaceDocuments, renewPlace } from '../attribution/place-copies.js';
import { type RefreshReport, type RefreshSource, refreshCopies } from '../attribution/refresh-copies.js';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { readPlace } from '../aws/inventory.js';
import { readIpamHistory, readIpamScope } from '../aws/ipam.js';
import { readOrganization } from '../aws/organizations.js';
import type { Config, Environment } from '../config.js';
import { NetcostError } from '../errors.js';
import type { Catalog } from '../rollups/catalog.js';
import { openStore } from '../rollups/store.js';
import { putInventory } from '../rollups/stored-inventory.js';
import type { Job } from '../schedule.js';
import { DAY_MS, MINUTE_MS } from '../units.js';
import { accountsOf } from './accounts.js';
import { inventoryPlaces } from './copy-sources.js';

/** What refreshing works with. */
export interface OwnerParts {
  readonly config: Config;
  readonly env: Pick<Environment, 'netboxToken'>;
  /** Undefined where the config names no account. */
  readonly access: AwsAccess | undefined;
  /** The store that the inventory is kept in. */
  readonly catalog: Catalog;
  readonly nowMs: () => number;
  /** Makes what is asked from now on use the new copies. */
  readonly reload: () => Promise<void>;
  /** How long each source may take; two minutes where absent. */
  readonly deadlineMs?: number | undefined;
}

/** Asks every source of owners that the config names, and puts what came where questions read it. */
export async function refreshOwnersNow(parts: OwnerParts, signal?: AbortSignal): Promise<RefreshReport> {
  const { config, nowMs } = parts;
  const dir = config.data.copies;
  const report = await refreshCopies({
    dir,
    sources: ownerSources(parts),
    nowMs,
    signal,
    ...(parts.deadlineMs === undefined ? {} : { deadlineMs: parts.deadlineMs }),
  });
  await keepInventory(parts);
  await parts.reload();
  return report;
}

/** The same for published ranges. */
export async function refreshRangesNow(
  { config, nowMs, reload }: Pick<OwnerParts, 'config' | 'nowMs' | 'reload'>,
  signal?: AbortSignal,
): Promise<RefreshReport> {
  const dir = config.data.copies;
  const { aws, providers } = config.ranges;
  const sources = [
    ...(aws === false ? [] : [awsRangesSource(dir, aws, COPY_NAMES.awsRanges, nowMs)]),
    ...Object.entries(providers).map(([provider, url]) =>
      providerRangesSource(dir, provider, url, COPY_NAMES.provider(provider), nowMs),
    ),
  ];
  const report = await refreshCopies({ dir, sources, nowMs, signal });
  await reload();
  return report;
}

/**
 * The jobs of a config; none for what it does not name. They run at the start too: a first copy should not wait for the
 * clock.
 */
export function ownerJobs(
  config: Config,
  env: Pick<Environment, 'netboxToken'>,
  engine: Engine,
  nowMs: () => number,
): { readonly jobs: readonly Job[]; readonly close: () => void } {
  const access = accessOf(config);
  const reload = () => engine.reloadNaming();
  const parts: OwnerParts = { config, env, access, catalog: engine.store.catalog, nowMs, reload };
  const { owners, ranges } = parts.config.schedule;
  const hasRanges = parts.config.ranges.aws !== false || Object.keys(parts.config.ranges.providers).length > 0;
  const jobs = [
    ...(ownerSources(parts).length > 0
      ? [refreshOwners({ when: owners, refresh: (signal) => refreshOwnersNow(parts, signal) })]
      : []),
    ...(hasRanges ? [refreshRanges({ when: ranges, refresh: (signal) => refreshRangesNow(parts, signal) })] : []),
  ];
  return { jobs, close: () => access?.close() };
}

/** The same once, for the terminal: into the store `dir`, which is made where it is not there. */
export async function refreshOwnersOnce(
  config: Config,
  env: Pick<Environment, 'netboxToken'>,
  dir: string,
  { nowMs, signal, deadlineMs }: Pick<OwnerParts, 'nowMs' | 'deadlineMs'> & { readonly signal?: AbortSignal },
): Promise<RefreshReport> {
  const access = accessOf(config);
  if (access === undefined && config.owners.netbox.url === undefined) return { done: [], failed: [] };
  const store = await openStore(dir, { create: true });
  try {
    return await refreshOwnersNow(
      { config, env, access, catalog: store.catalog, nowMs, deadlineMs, reload: async () => {} },
      signal,
    );
  } finally {
    store.close();
    access?.close();
  }
}

/** Who had an address around a moment, by VPC IPAM; undefined where the config names no scope. */
export function ipamHistory(
  config: Config,
): ((address: string, atMs: number) => Promise<readonly Holder[]>) | undefined {
  const { ipam } = config.owners;
  if (ipam.length === 0 || config.aws.accounts.length === 0) return undefined;
  return async (address, atMs) => {
    const access = accessOf(config)!;
    try {
      const window = { address, fromMs: atMs - DAY_MS, toMs: atMs + MINUTE_MS };
      const found = await Promise.all(
        ipam.map(({ scope, account, region }) =>
          readIpamHistory(access, { accountId: account, region }, scope, window, AbortSignal.timeout(IPAM_MS)),
        ),
      );
      return found.flat().map(({ resourceId, vpcId, accountId, fromMs, toMs }) => ({
        address,
        vpcId: vpcId ?? '',
        interfaceId: resourceId,
        ...(accountId === undefined ? {} : { accountId }),
        workload: resourceId,
        tags: {},
        fromMs,
        firstSeenMs: fromMs,
        lastSeenMs: toMs ?? atMs,
      }));
    } finally {
      access.close();
    }
  };
}

const IPAM_MS = 15_000;

function accessOf({ aws }: Config): AwsAccess | undefined {
  return aws.accounts.length === 0 ? undefined : openAwsAccess(accountsOf(aws.accounts));
}

function ownerSources({ config, env, access, nowMs }: OwnerParts): RefreshSource[] {
  const dir = config.data.copies;
  const keep = (copy: string, value: unknown) => writeCopy(dir, copy, { fetchedMs: nowMs(), value });
  const { netbox, organizations, ipam } = config.owners;
  const sources: RefreshSource[] = [];
  const { url } = netbox;
  if (url !== undefined) {
    sources.push({
      name: 'NetBox',
      copy: COPY_NAMES.netbox,
      refresh: async (signal) => {
        const token = env.netboxToken;
        if (token === undefined) {
          throw new NetcostError('config', 'NETBOX_TOKEN is not set.', {
            hint: 'Make a token in NetBox (Admin → API Tokens); reading is enough.',
          });
        }
        const { channel, ...fields } = netbox;
        const found = await readNetboxOwners({ url, token, signal }, { ...fields, channel });
        await keep(COPY_NAMES.netbox, found);
        return { says: `${found.prefixes.length} of ${found.read} prefixes have an owner` };
      },
    });
  }
  if (access === undefined) return sources;
  for (const { accountId, region, copy, name } of inventoryPlaces(config)) {
    sources.push({
      name,
      copy,
      refresh: async (signal) => {
        const { documents, failed } = await readPlace(access, { accountId, region }, signal);
        if (Object.keys(documents).length === 0) throw new NetcostError('upstream', failed[0] ?? 'nothing came');
        await renew(dir, copy, documents, nowMs());
        const interfaces = documents['network-interfaces']?.NetworkInterfaces?.length ?? 0;
        return { says: `${interfaces} interfaces`, failed };
      },
    });
  }
  if (organizations !== undefined) {
    sources.push({
      name: 'AWS Organizations',
      copy: COPY_NAMES.organizations,
      refresh: async (signal) => {
        const accounts = await readOrganization(access, organizations, signal);
        await keep(COPY_NAMES.organizations, accounts);
        return { says: `${accounts.length} accounts` };
      },
    });
  }
  for (const { scope, account, region } of ipam) {
    sources.push({
      name: `IPAM scope ${scope}`,
      copy: COPY_NAMES.ipam(scope),
      refresh: async (signal) => {
        const documents = await readIpamScope(access, { accountId: account, region }, scope, signal);
        await renew(dir, COPY_NAMES.ipam(scope), documents, nowMs());
        return { says: `${documents.subnets?.Subnets?.length ?? 0} subnets` };
      },
    });
  }
  return sources;
}

async function renew(dir: string, copy: string, documents: PlaceDocuments, nowMs: number): Promise<void> {
  const before = await readCopy(dir, copy, PlaceCopy);
  await writeCopy(dir, copy, { fetchedMs: nowMs, value: renewPlace(before?.value ?? {}, documents, nowMs) });
}

/** One inventory of all places into the store, and who has which address into the history. */
async function keepInventory({ config, catalog, nowMs }: OwnerParts): Promise<void> {
  const dir = config.data.copies;
  const names = [
    ...inventoryPlaces(config).map(({ copy }) => copy),
    ...config.owners.ipam.map(({ scope }) => COPY_NAMES.ipam(scope)),
  ];
  const copies = (await Promise.all(names.map((name) => readCopy(dir, name, PlaceCopy)))).flatMap((copy) =>
    copy ? [copy.value] : [],
  );
  if (copies.length === 0) return;
  const files = joinPlaceCopies(copies);
  putInventory(catalog, files);
  const history = await readCopy(dir, COPY_NAMES.holders, HolderHistory);
  // Only what was looked at now is seen now; an account that failed says nothing of today.
  const seen = { ...files, interfaces: joinPlaceCopies(copies.map((copy) => readJustNow(copy, nowMs()))).interfaces };
  const value = seeHolders(history?.value ?? [], seen, nowMs());
  await writeCopy(dir, COPY_NAMES.holders, { fetchedMs: nowMs(), value });
}

const JUST_NOW_MS = 15 * 60_000;

function readJustNow(copy: PlaceCopy, nowMs: number): PlaceCopy {
  const { 'network-interfaces': interfaces, ...rest } = copy;
  return interfaces && nowMs - interfaces.fetchedMs <= JUST_NOW_MS ? copy : rest;
}
