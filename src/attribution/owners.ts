import { type AddressRange, formatRange, parseAddress, type V4Range } from './addresses.js';
import { type OwnerEntry, type OwnersFile, type RemoteEntry, readOwnersFile } from './owners-file.js';
import { foldPrefixes, isNarrower, type PrefixEntry, type PrefixTable } from './prefixes.js';
import { ownerOfTags, type TagKeys } from './tag-keys.js';

/** Who answers for a client. */
export interface Owner {
  readonly team: string;
  readonly env: string | undefined;
  /** Where alerts for the team go: "#payments". */
  readonly channel: string | undefined;
  /** By name in lower case. A Map, so that no label's name can be taken for a property. */
  readonly labels: ReadonlyMap<string, string>;
  /** How it is known. */
  readonly via: 'prefix' | 'tag' | 'vpc' | 'account';
  /** What matched, for a person: `10.20.0.0/20`, `service=search`, `vpc-0a1b`, `111122223333`. */
  readonly matched: string;
  /** Where that stands: `the owners file`, `NetBox`, `AWS tags`, … */
  readonly source: string;
}

/** What is known of a client. Undefined is "not known", which matches nothing. */
export interface Client {
  readonly address: string;
  readonly vpcId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly tags?: ReadonlyMap<string, string> | undefined;
}

export interface Owners {
  readonly entries: readonly OwnerEntry[];
  readonly remotes: readonly RemoteEntry[];
  /** Sentences about the file for a person. */
  readonly notes: readonly string[];
  /** All prefixes around an address, the longest first; of equal length, as listed. */
  readonly prefixes: PrefixTable<readonly Match[]>;
  /** Tags whose value is the owner. */
  readonly tagKeys: TagKeys | undefined;
  /** The address space of a VPC or an account, by its id in lower case. */
  readonly spaceOf: ReadonlyMap<string, string>;
  /** Teams that entries name, by their name in lower case: one spelling, whatever a tag says. */
  readonly teams: ReadonlyMap<string, string>;
  /** Names of labels that an owner can have, in lower case, sorted. */
  readonly labelNames: readonly string[];
}

/** What owners are made of: the file, and what other sources add to it. */
export interface OwnerFacts extends OwnersFile {
  readonly tagKeys?: TagKeys | undefined;
  readonly spaceOf?: ReadonlyMap<string, string>;
}

interface Match {
  readonly entry: OwnerEntry;
  readonly range: AddressRange;
}

const OWNERS_FILE = 'the owners file';

/** Nobody owns anything. */
export const NO_OWNERS: Owners = indexOwners({ owners: [], remotes: [], notes: [] });

/** @throws NetcostError as readOwnersFile does. */
export async function loadOwners(path: string): Promise<Owners> {
  return indexOwners(await readOwnersFile(path));
}

/** Makes entries ready for lookups. Names that differ in case alone become one spelling: the first in the file. */
export function indexOwners(file: OwnerFacts): Owners {
  const spelling = firstSpelling();
  const entries = file.owners.map((entry) => ({
    ...entry,
    team: spelling('team', entry.team),
    env: entry.env === undefined ? undefined : spelling('env', entry.env),
    labels: new Map([...entry.labels].map(([name, value]) => [name, spelling(`label ${name}`, value)])),
  }));
  const ranges: PrefixEntry<Match>[] = entries.flatMap((entry) =>
    entry.prefixes.map((range) => ({ range, value: { entry, range } })),
  );
  const prefixes = foldPrefixes(ranges, (covering) =>
    [...covering].sort((a, b) => (isNarrower(a, b) ? -1 : isNarrower(b, a) ? 1 : 0)).map((covered) => covered.value),
  );
  const labels = [...entries.flatMap((entry) => [...entry.labels.keys()]), ...(file.tagKeys?.labels.keys() ?? [])];
  return {
    entries,
    remotes: file.remotes,
    notes: [...file.notes, ...findTies(entries)],
    prefixes,
    tagKeys: file.tagKeys,
    spaceOf: file.spaceOf ?? new Map(),
    teams: new Map(entries.map(({ team }) => [team.toLowerCase(), team])),
    labelNames: [...new Set(labels.map((name) => name.toLowerCase()))].sort(),
  };
}

/**
 * Whose a client is, by the contract's precedence: the longest prefix; else a tag, else its VPC, else its account.
 * Between equal prefixes an entry that also names the client's VPC (or account) goes before one that names none, and
 * that before one that names another; then the first in the file. A prefix of an address space (VRF) holds only there.
 * @returns undefined where nobody owns it: the team is then "unattributed".
 */
export function resolveOwner(owners: Owners, client: Client): Owner | undefined {
  const vpcId = client.vpcId?.toLowerCase();
  const match = bestPrefix(owners, client.address, vpcId, client.accountId);
  if (match) return ownerOf(match.entry, 'prefix', formatRange(match.range));
  const tagged = client.tags && bestTag(owners.entries, client.tags);
  if (tagged) return ownerOf(tagged, 'tag', [...tagged.tags].map(([key, value]) => `${key}=${value}`).join(' '));
  const byTagKeys = client.tags && owners.tagKeys && ownerOfTags(owners.tagKeys, client.tags);
  if (byTagKeys) return { ...byTagKeys, team: owners.teams.get(byTagKeys.team.toLowerCase()) ?? byTagKeys.team };
  const byVpc = vpcId === undefined ? undefined : owners.entries.find((entry) => entry.vpcs.includes(vpcId));
  if (byVpc) return ownerOf(byVpc, 'vpc', vpcId!);
  const { accountId } = client;
  const byAccount = accountId === undefined ? undefined : owners.entries.find((e) => e.accounts.includes(accountId));
  return byAccount && ownerOf(byAccount, 'account', accountId!);
}

/**
 * The IPv4 addresses outside which nobody is of these teams, whatever else is known of a client; undefined where tags,
 * VPCs, accounts or IPv6 prefixes may make somebody of them, or where no entry names one of the teams.
 */
export function rangesOfTeams(owners: Owners, teams: readonly string[]): readonly V4Range[] | undefined {
  if (owners.tagKeys !== undefined) return undefined;
  const wanted = new Set(teams.map((team) => team.toLowerCase()));
  const entries = owners.entries.filter(({ team }) => wanted.has(team.toLowerCase()));
  if (new Set(entries.map(({ team }) => team.toLowerCase())).size < wanted.size) return undefined;
  if (entries.some(({ tags, vpcs, accounts }) => tags.size + vpcs.length + accounts.length > 0)) return undefined;
  const ranges = entries.flatMap(({ prefixes }) => prefixes);
  return ranges.every((range) => range.family === 4) ? ranges : undefined;
}

function bestPrefix(owners: Owners, text: string, vpcId?: string, accountId?: string): Match | undefined {
  const address = parseAddress(text);
  if (!address) return undefined;
  const { prefixes } = owners;
  const matches = address.family === 4 ? prefixes.lookupV4(address.value) : prefixes.lookupV6(address.value);
  const [longest, ...others] = matches ? inSpace(matches, owners.spaceOf, vpcId, accountId) : [];
  if (!longest) return undefined;
  let best = longest;
  for (const other of others) {
    // Covering ranges of one size are the same prefix: they nest, so they cannot differ.
    if (other.range.first !== longest.range.first || other.range.last !== longest.range.last) break;
    if (fitOf(other.entry, vpcId, accountId) > fitOf(best.entry, vpcId, accountId)) best = other;
  }
  return best;
}

/**
 * The prefixes that can hold for a client. Where its space is known: those of that space, and those of none. Where it is
 * not: those of none, and those of the only space that covers it; of several, only where all of them name one team,
 * since anything else would be a guess between two hosts with one address.
 */
function inSpace(
  matches: readonly Match[],
  spaceOf: ReadonlyMap<string, string>,
  vpcId?: string,
  accountId?: string,
): readonly Match[] {
  if (matches.every(({ entry }) => entry.space === undefined)) return matches;
  const space = spaceOf.get(vpcId ?? '') ?? spaceOf.get(accountId ?? '');
  if (space !== undefined) return matches.filter(({ entry }) => entry.space === undefined || entry.space === space);
  const best = new Map<string, string>();
  for (const { entry } of matches)
    if (entry.space !== undefined && !best.has(entry.space)) best.set(entry.space, entry.team);
  return new Set(best.values()).size <= 1 ? matches : matches.filter(({ entry }) => entry.space === undefined);
}

function fitOf(entry: OwnerEntry, vpcId?: string, accountId?: string): number {
  if (vpcId !== undefined && entry.vpcs.includes(vpcId)) return 3;
  if (accountId !== undefined && entry.accounts.includes(accountId)) return 2;
  return entry.vpcs.length === 0 && entry.accounts.length === 0 ? 1 : 0;
}

/** The entry all of whose tags the client has; the one that asks for most, then the first. Compared without case. */
function bestTag(entries: readonly OwnerEntry[], tags: ReadonlyMap<string, string>): OwnerEntry | undefined {
  const own = new Map([...tags].map(([key, value]) => [key.toLowerCase(), value.toLowerCase()]));
  let best: OwnerEntry | undefined;
  for (const entry of entries) {
    if (entry.tags.size <= (best?.tags.size ?? 0)) continue;
    const fits = [...entry.tags].every(([key, value]) => own.get(key.toLowerCase()) === value.toLowerCase());
    if (fits) best = entry;
  }
  return best;
}

function ownerOf(entry: OwnerEntry, via: Owner['via'], matched: string): Owner {
  const { team, env, channel, labels, source = OWNERS_FILE } = entry;
  return { team, env, channel, labels, via, matched, source };
}

function firstSpelling(): (kind: string, name: string) => string {
  const seen = new Map<string, string>();
  return (kind, name) => {
    const key = `${kind}\n${name.toLowerCase()}`;
    const first = seen.get(key) ?? name;
    seen.set(key, first);
    return first;
  };
}

/** Two teams with one prefix and nothing that tells them apart: the first counts, and a person should know. */
function findTies(entries: readonly OwnerEntry[]): string[] {
  const first = new Map<string, OwnerEntry>();
  const notes: string[] = [];
  for (const entry of entries) {
    if (entry.vpcs.length || entry.accounts.length) continue;
    for (const range of entry.prefixes) {
      const text = formatRange(range);
      const key = `${entry.space ?? ''} ${text}`;
      const other = first.get(key);
      if (!other) first.set(key, entry);
      // That the file corrects another source is what it is for.
      else if (other.team !== entry.team && other.source === entry.source) {
        notes.push(`The prefix ${text} is given to ${other.team} and to ${entry.team}; the first counts.`);
      }
    }
  }
  return notes;
}
