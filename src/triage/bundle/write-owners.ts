import { formatRange } from '../../attribution/addresses.js';
import type { Owners } from '../../attribution/owners.js';
import { writeYaml } from '../../yaml.js';

/** Owners, from wherever they were read, as an owners.yaml that says the same. */
export function ownersYaml(owners: Pick<Owners, 'entries' | 'remotes'>): string {
  return writeYaml({
    owners: owners.entries.map(({ team, env, channel, labels, prefixes, vpcs, accounts, tags }) => ({
      team,
      ...(env === undefined ? {} : { env }),
      ...(channel === undefined ? {} : { channel }),
      ...filled('prefixes', prefixes.map(formatRange)),
      ...filled('vpcs', vpcs),
      ...filled('accounts', accounts),
      ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}),
      ...(labels.size > 0 ? { labels: Object.fromEntries(labels) } : {}),
    })),
    remotes: owners.remotes.map(({ name, category, prefixes }) => ({
      name,
      ...(category === undefined ? {} : { category }),
      ...filled('prefixes', prefixes.map(formatRange)),
    })),
  });
}

function filled(name: string, list: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return list.length > 0 ? { [name]: list } : {};
}
