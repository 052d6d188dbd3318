import * as z from 'zod';
import { parsePrefix } from './addresses.js';
import { listNetbox, type NetboxAccess, type NetboxRow } from './netbox.js';
import type { OwnerEntry } from './owners-file.js';

/**
 * Where in a NetBox the parts of an owner stand, each as a path: `tenant`, `tenant.group`, `tenant.cf.NAME`, `owner`, `role`,
 * `scope`, `vrf`, `description`, `cf.NAME` (a custom field of the prefix), `tag.NAME` (the value of a tag NAME:value).
 */
export interface NetboxFields {
  readonly team: string;
  readonly env: string | undefined;
  readonly channel: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Which VPCs and accounts are in which VRF, by its name or route distinguisher. */
  readonly vrfs: Readonly<Record<string, readonly string[]>>;
}

/** Prefixes with their owners as a NetBox gave them: JSON, so that a copy can be kept on disk. */
export const NetboxOwners = z.object({
  prefixes: z.array(
    z.object({
      prefix: z.string(),
      vrf: z.string().optional(),
      team: z.string(),
      env: z.string().optional(),
      channel: z.string().optional(),
      labels: z.record(z.string(), z.string()),
    }),
  ),
  /** VPC or account id → VRF. */
  spaces: z.record(z.string(), z.string()),
  /** Prefixes that were read, with and without an owner. */
  read: z.number(),
});
export type NetboxOwners = z.infer<typeof NetboxOwners>;

/**
 * Reads all prefixes of a NetBox and whose they are. Prefixes that are deprecated or name no owner are left out: the
 * next shorter one then says whose the address is.
 * @throws NetcostError 'upstream' as listNetbox does.
 */
export async function readNetboxOwners(access: NetboxAccess, fields: NetboxFields): Promise<NetboxOwners> {
  const paths = [fields.team, fields.env, fields.channel, ...Object.values(fields.labels)];
  const needsTenants = paths.some((path) => path?.startsWith('tenant.') === true);
  const [rows, tenants] = await Promise.all([
    listNetbox(access, 'ipam/prefixes', {
      fields: 'id,prefix,vrf,tenant,owner,role,status,scope,description,tags,custom_fields',
    }),
    needsTenants ? listNetbox(access, 'tenancy/tenants', { fields: 'id,name,slug,group,tags,custom_fields' }) : [],
  ]);
  const tenantOf = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  const prefixes = rows.flatMap((row) => {
    const whole = { ...row, tenant: tenantOf.get(rowOf(row.tenant)?.id) ?? row.tenant };
    const team = valueAt(whole, fields.team);
    if (team === undefined || typeof row.prefix !== 'string' || statusOf(row) === 'deprecated') return [];
    const labels = Object.entries(fields.labels).flatMap(([name, path]) => {
      const value = valueAt(whole, path);
      return value === undefined ? [] : [[name.toLowerCase(), value] as const];
    });
    const vrf = rowOf(row.vrf);
    return [
      {
        prefix: row.prefix,
        ...(vrf && { vrf: spaceName(vrf) }),
        team,
        ...optional('env', fields.env && valueAt(whole, fields.env)),
        ...optional('channel', fields.channel && valueAt(whole, fields.channel)),
        labels: Object.fromEntries(labels),
      },
    ];
  });
  return { prefixes, spaces: spacesOf(rows, fields.vrfs), read: rows.length };
}

/** The entries of owners that a NetBox (or the copy of one) stands for. */
export function netboxEntries({ prefixes }: NetboxOwners): OwnerEntry[] {
  // One entry per owner, not per prefix: thousands of prefixes have a few dozen owners.
  const byOwner = new Map<string, { entry: OwnerEntry; ranges: OwnerEntry['prefixes'][number][] }>();
  for (const { prefix, vrf, team, env, channel, labels } of prefixes) {
    const range = parsePrefix(prefix);
    if (!range) continue;
    const key = JSON.stringify([vrf, team, env, channel, labels]);
    let known = byOwner.get(key);
    if (!known) {
      const ranges: OwnerEntry['prefixes'][number][] = [];
      const entry: OwnerEntry = {
        team,
        env,
        channel,
        labels: new Map(Object.entries(labels)),
        prefixes: ranges,
        vpcs: [],
        accounts: [],
        tags: new Map(),
        source: 'NetBox',
        ...(vrf === undefined ? {} : { space: vrf }),
      };
      known = { entry, ranges };
      byOwner.set(key, known);
    }
    known.ranges.push(range);
  }
  return [...byOwner.values()].map(({ entry }) => entry);
}

/** Name and route distinguisher: several VRFs may have one name. */
function spaceName(vrf: NetboxRow): string {
  const name = typeof vrf.name === 'string' ? vrf.name : String(vrf.id);
  return typeof vrf.rd === 'string' && vrf.rd !== '' ? `${name} (${vrf.rd})` : name;
}

function spacesOf(rows: readonly NetboxRow[], vrfs: NetboxFields['vrfs']): Record<string, string> {
  const spaces = new Map<string, string>();
  const known = new Map(
    rows.flatMap((row) => {
      const vrf = rowOf(row.vrf);
      return vrf ? [[spaceName(vrf), vrf] as const] : [];
    }),
  );
  for (const [space, vrf] of known) {
    // A VRF that is called as a VPC is that VPC's.
    if (typeof vrf.name === 'string' && /^vpc-[\w-]+$/i.test(vrf.name)) spaces.set(vrf.name.toLowerCase(), space);
    const places = vrfs[String(vrf.rd)] ?? vrfs[String(vrf.name)] ?? [];
    for (const place of places) spaces.set(place.toLowerCase(), space);
  }
  return Object.fromEntries(spaces);
}

function valueAt(row: NetboxRow, path: string): string | undefined {
  const [head = '', ...rest] = path.split('.');
  const next = rest.join('.');
  if (head === 'cf') return textOf(rowOf(row.custom_fields)?.[next]);
  if (head === 'tag') return tagValue(row.tags, next);
  if (next === '') return textOf(row[head]);
  const inner = rowOf(row[head]);
  return inner && valueAt(inner, next);
}

/** `team:payments` or `team=payments`, by the tag's name; a slug has no such sign. */
function tagValue(tags: unknown, name: string): string | undefined {
  for (const tag of Array.isArray(tags) ? tags : []) {
    const found = /^([^:=]+)[:=]\s*(.+)$/.exec(String(rowOf(tag)?.name ?? ''));
    if (found?.[1]?.trim().toLowerCase() === name.toLowerCase()) return textOf(found[2]);
  }
  return undefined;
}

/** A word of NetBox: text, a choice's value, or the name of what is linked. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    const text = String(value).trim().slice(0, 200);
    return text === '' ? undefined : text;
  }
  const row = rowOf(value);
  return row && textOf(row.name ?? row.value ?? row.display);
}

function statusOf(row: NetboxRow): string | undefined {
  return textOf(rowOf(row.status)?.value ?? row.status);
}

function rowOf(value: unknown): NetboxRow | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as NetboxRow) : undefined;
}

function optional<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return (value === undefined || value === '' ? {} : { [key]: value }) as { [K in Key]?: string };
}
