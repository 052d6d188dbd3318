import type { Owners } from '../attribution/owners.js';
import { RECOMMENDED_FORMAT } from '../flows/fields.js';
import type { Gateways } from '../flows/gateways.js';
import { natProcessingUsd } from '../pricing/nat-processing.js';
import type { NatRate } from '../pricing/nat-rates.js';
import type { Query } from '../query/query.js';
import { isoTime } from '../units.js';
import type { CoverageOfWindow } from './coverage.js';

export interface CaveatInput {
  readonly query: Query;
  readonly gateways: Gateways;
  readonly measured: CoverageOfWindow;
  readonly owners: Owners;
  /** What is missing or old of NetBox, EC2 and the others. */
  readonly copyNotes: readonly string[];
  /** The window was widened to whole hours. */
  readonly isSnapped: boolean;
  readonly hasStandIns: boolean;
  readonly unpriced: boolean;
  /** What the prices were taken from; the built-in ones where absent. */
  readonly rates?: ReadonlyMap<string, NatRate>;
  /** Some counted log has no pkt-* fields. */
  readonly hasUnknownRemotes: boolean;
  readonly malformed: ReadonlyMap<string, { readonly count: number; readonly sample: string }>;
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** What a reader of the answer has to know, the most important first; each sentence also says what to do about it. */
export function writeCaveats(input: CaveatInput): string[] {
  const { measured, gateways, query } = input;
  const { coverage } = measured;
  const caveats: string[] = [];
  if (gateways.sources.length === 0) {
    caveats.push(
      'No NAT gateway was found in these logs: put the ec2/ folder with the Describe… responses beside them, or log with interface-type (version 11).',
    );
  }
  if (measured.damaged.length > 0) {
    caveats.push(
      `${plural(measured.damaged.length, 'object')} of this window could not be read to the end (truncated or corrupt: ${measured.damaged[0]!.path}); the totals are a lower bound.`,
    );
  }
  for (const { name, failures, wholeMs } of measured.failedSources) {
    const since = wholeMs === undefined ? '' : ` since ${isoTime(wholeMs)}`;
    const more = failures.length > 1 ? ` and ${plural(failures.length - 1, 'other part')}` : '';
    caveats.push(
      `${name} could not be read whole${since}: ${failures[0]}${more}; what is new there is missing, so the totals are a lower bound.`,
    );
  }
  if (coverage.skipDataRows > 0) {
    caveats.push(
      `${plural(coverage.skipDataRows, 'SKIPDATA row')}: AWS could not record all flows, so the totals are a lower bound.`,
    );
  }
  if (measured.missingHours > 0) {
    caveats.push(
      `${plural(measured.missingHours, 'hour')} of ${coverage.hoursAsked} without data; the totals are a lower bound.`,
    );
  }
  if (input.isSnapped) {
    caveats.push('Only hourly sums remain of that time, so the window was widened to whole hours.');
  }
  if (input.unpriced) {
    const unknown = [...new Set(gateways.gateways.filter((g) => g.region === '' || !g.region).map((g) => g.id))];
    caveats.push(
      unknown.length > 0
        ? `No price: the Region of ${unknown.slice(0, 3).join(', ')} is not known. Log the field region, or keep AWS's object names.`
        : `No price is known for NAT data processing in ${[...new Set(gateways.gateways.map((g) => g.region))].filter((region) => natProcessingUsd(1n, region, input.rates) === undefined).join(', ')}; the other rows keep theirs.`,
    );
  }
  if (input.hasUnknownRemotes) {
    caveats.push(
      `A flow log has no pkt-srcaddr and pkt-dstaddr: clients are exact there, remotes and services unknown. Make a new one with the format ${RECOMMENDED_FORMAT}`,
    );
  }
  if (input.hasStandIns) {
    caveats.push(
      "account and vpc of some clients are not known: the gateway's own stand in for them. An ec2/ inventory or Transit Gateway flow logs tell the client's.",
    );
  }
  if (gateways.sources.some(({ source }) => !source.hasAction)) {
    caveats.push(
      'A flow log has no action field: rejected flows cannot be told from accepted ones there and are counted.',
    );
  }
  const asksZones = [...query.by, ...query.where.keys()].some((key) => key === 'nataz' || key === 'crossaz');
  if (asksZones && gateways.gateways.some((gateway) => gateway.azId === '')) {
    caveats.push(
      `The zone of a gateway is not known: log the field az-id, as in the format ${RECOMMENDED_FORMAT}, or put the ec2/ folder beside the logs.`,
    );
  }
  if (coverage.gatewaysWithoutLogs.length > 0) {
    caveats.push(
      `No flow log for ${coverage.gatewaysWithoutLogs.slice(0, 5).join(', ')}${coverage.gatewaysWithoutLogs.length > 5 ? ', …' : ''}: their bytes are not in these totals.`,
    );
  }
  if (coverage.malformedLines > 0) {
    const [first] = input.malformed;
    const example = first ? ` (${first[0]}: ${JSON.stringify(first[1].sample.slice(0, 60))})` : '';
    caveats.push(`${plural(coverage.malformedLines, 'malformed line')} left out${example}.`);
  }
  const namesTeams = query.by.includes('team') || query.where.has('team');
  if (namesTeams && input.owners.entries.length === 0 && !input.owners.tagKeys) {
    caveats.push('No owners are configured, so every client is unattributed: give an owners.yaml with --owners.');
  }
  caveats.push(...input.copyNotes, ...input.owners.notes);
  return caveats;
}
