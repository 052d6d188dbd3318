import { stringify } from 'csv-stringify/sync';
import { writeYaml } from '../yaml.js';
import type { Company } from './company.js';
import { AUTONOMOUS_SYSTEMS, AWS_PREFIXES } from './remotes.js';

/** owners.yaml: most teams by prefix, one by VPC and one by account, a staging environment inside a team's prefix. */
export function ownersYaml(company: Company): string {
  const vpc = (name: string) => company.spokeVpcs.find((each) => each.name === name)!;
  const owners = [
    owner('payments', { env: 'prod', prefixes: ['10.20.0.0/20'] }, { department: 'finance', tier: '1' }),
    owner('payments', { env: 'staging', prefixes: ['10.20.12.0/22'] }, { department: 'finance' }),
    owner('checkout', { env: 'prod', prefixes: ['10.20.16.0/20'] }, { department: 'sales', tier: '1' }),
    owner('fraud', { env: 'prod', prefixes: ['10.20.32.0/20'] }, { department: 'finance', tier: '1' }),
    owner('search', { env: 'prod', prefixes: ['10.30.0.0/20'] }, { department: 'product', tier: '2' }),
    owner('platform', { env: 'prod', prefixes: ['10.30.16.0/20'] }, { department: 'engineering' }),
    owner('data', { vpcs: [vpc('data').id] }, { department: 'analytics' }),
    owner('agents', { env: 'prod', prefixes: ['10.50.0.0/20'] }, { department: 'research' }),
    owner('mobile', { accounts: [vpc('mobile').accountId] }),
  ];
  const remotes = [{ name: 'Datadog', category: 'log-intake', prefixes: ['3.233.144.0/20'] }];
  return writeYaml({ owners, remotes });
}

/** The published prefixes around the demo's remotes, in the published format. */
export function ipRangesJson(): unknown {
  const prefixes = AWS_PREFIXES.flatMap(([prefix, region, services]) =>
    services.map((service) => ({ ip_prefix: prefix, region, service, network_border_group: region })),
  );
  return { syncToken: '1787411825', createDate: '2026-08-22-15-17-05', prefixes, ipv6_prefixes: [] };
}

/** `start,end,asn,organisation` (contract, part 3). */
export function asnCsv(): string {
  return stringify([['start', 'end', 'asn', 'organisation'], ...AUTONOMOUS_SYSTEMS.map((row) => [...row])]);
}

function owner(team: string, match: Record<string, unknown>, labels: Record<string, string> = {}): unknown {
  return { team, ...match, channel: `#${team}`, ...(Object.keys(labels).length > 0 ? { labels } : {}) };
}
