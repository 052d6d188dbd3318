import { setTimeout as sleep } from 'node:timers/promises';
import type { AskDeps } from '../../commands/ask.js';
import { type AskInsightsDeps, askInsights, type InsightsSource, unanswered } from '../answers/ask-insights.js';
import { guardInsights } from '../answers/insights-guard.js';
import { keepAnswers } from '../answers/kept-answers.js';
import type { Engine } from '../answers/open-engine.js';
import { openAllowance } from '../answers/scan-allowance.js';
import { type InventoryFiles, parseInventory } from '../attribution/inventory-files.js';
import { type AwsAccess, type AwsPlace, openAwsAccess } from '../aws/access.js';
import { describeFlowLogs, describeNatGateways, logsOf } from '../aws/flow-logs.js';
import { readPlace } from '../aws/inventory.js';
import { describeLogGroup } from '../aws/log-group-size.js';
import { findFlowLog, type LogGroup } from '../aws/log-group-source.js';
import { openInsights } from '../aws/logs-insights.js';
import type { Config } from '../config.js';
import { NetcostError } from '../errors.js';
import { layoutOfFormat } from '../flows/layout.js';
import { openPrices } from '../pricing/price-cache.js';
import { parseQuestion } from '../query/parse.js';
import { storedInventory } from '../rollups/stored-inventory.js';
import { addScannedBytes, readScannedBytes } from '../state/athena-tables.js';
import type { State } from '../state/open-state.js';
import { MINUTE_MS } from '../units.js';
import { accountsOf } from './accounts.js';
import type { LiveGroup } from './source-engines.js';

const GB = 1e9;
/** What AWS told of flow logs and gateways is believed for so long. */
const BELIEVED_MS = 10 * MINUTE_MS;
const LOOK_LIMIT_MS = 60_000;

/** How questions are asked of the log groups that are not, or not wholly, in the store. */
export interface InsightsSide {
  /** The same of some of the groups. */
  readonly askOf: (groups: readonly LiveGroup[]) => AskDeps;
  /** By the name of a gateway or of its interface, in lower case: the groups that its flow logs go to. */
  readonly groupsOfGateway: () => Promise<ReadonlyMap<string, readonly LiveGroup[]>>;
  readonly close: () => void;
}

/** Asks AWS nothing before the first question. */
export function insightsSide(
  config: Config,
  live: readonly LiveGroup[],
  parts: {
    readonly engine: Engine;
    readonly state: State;
    readonly nowMs: () => number;
    readonly elapsedMs: () => number;
  },
): InsightsSide {
  const { engine, state, elapsedMs } = parts;
  const { insights, store } = config.data;
  const access = openAwsAccess(accountsOf(config.aws.accounts));
  const believed = believedFor(BELIEVED_MS, elapsedMs);
  const clock = {
    elapsedMs,
    sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {}),
  };
  const sourceOf = (group: LogGroup): Promise<InsightsSource> =>
    believed(`source ${keyOf(group)}`, async () => {
      const { id, format } = await findFlowLog(access, group, AbortSignal.timeout(LOOK_LIMIT_MS));
      const layout = layoutOfFormat(format);
      if (layout === undefined || layout.isTransitGateway) {
        throw new NetcostError('config', `The flow log ${id} in ${group.name} is none of network interfaces.`, {
          hint: 'Logs Insights is asked over flow logs of VPCs, subnets, interfaces or gateways; leave the group out.',
        });
      }
      const { accountId, region } = group.place;
      const timeoutMs = insights.timeoutSeconds * 1000;
      return {
        name: group.name,
        flowLogId: id,
        accountId: /^\d{12}$/.test(accountId) ? accountId : 'unknown',
        region,
        layout,
        interfaces: group.interfaces,
        run: openInsights(access, group.place, group.name, { timeoutMs }, clock),
      };
    });
  const limits = {
    confirmBytes: insights.limits.confirmGb * GB,
    questionBytes: insights.limits.questionGb * GB,
    dayBytes: insights.limits.dayGb * GB,
  };
  const inventory = (groups: readonly LiveGroup[]): Promise<InventoryFiles> => {
    const known = storedInventory(engine.store.catalog);
    if (known !== undefined && known.natGateways.length > 0) return Promise.resolve(known);
    const places = [...new Map(groups.map(({ group: { place } }) => [placeKey(place), place])).values()];
    return believed(`inventory ${places.map(placeKey).join(', ')}`, () => lookAt(access, places));
  };
  const allowance = openAllowance({
    read: (person, day) => readScannedBytes(state.db, person, day),
    add: (person, day, bytes) => addScannedBytes(state.db, person, day, bytes),
  });
  const kept = keepAnswers(elapsedMs);
  return {
    askOf: (groups) => ({
      ask: async (input) => {
        const deps: AskInsightsDeps = {
          sources: await Promise.all(groups.map(({ group }) => sourceOf(group))),
          inventory: await inventory(groups),
          naming: engine.naming,
          prices: openPrices(store),
          mostBytes: limits.questionBytes,
          elapsedMs,
        };
        const answer = await askInsights(deps, input);
        kept.keep(input, answer);
        return answer;
      },
      guard: async (text, caller, atMs, isConfirmed) => {
        // What Logs Insights does not answer has no price: the question says so.
        if (unanswered(parseQuestion(text, { nowMs: atMs })) !== undefined) return {};
        const answer = kept.find({ text, nowMs: atMs });
        if (answer !== undefined) return { answer };
        const deps = {
          groups: groups.map(({ group }) => ({
            region: group.place.region,
            size: () =>
              believed(`size ${keyOf(group)}`, () =>
                describeLogGroup(access, group.place, group.name, AbortSignal.timeout(LOOK_LIMIT_MS)),
              ).catch(() => undefined),
          })),
          limits,
          readBytes: allowance.used,
        };
        return allowance.admit(caller.id, () => guardInsights(deps, text, caller, atMs, isConfirmed));
      },
      bill: allowance.bill,
    }),
    groupsOfGateway: () => believed('gateways', () => groupsOfGateway(access, live)),
    close: () => access.close(),
  };
}

const placeKey = ({ accountId, region }: AwsPlace): string => `${accountId} ${region}`;
const keyOf = ({ place, name }: LogGroup): string => `${placeKey(place)} ${name}`;

/** Asks once and keeps what came for a while; a failure is not kept. */
function believedFor(keptMs: number, elapsedMs: () => number) {
  const known = new Map<string, { readonly atMs: number; readonly value: Promise<unknown> }>();
  return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const seen = known.get(key);
    if (seen !== undefined && elapsedMs() - seen.atMs < keptMs) return seen.value as Promise<T>;
    const value = ask();
    known.set(key, { atMs: elapsedMs(), value });
    value.catch(() => known.delete(key));
    return value;
  };
}

/** What EC2 tells of these places, for where no inventory was kept. */
async function lookAt(access: AwsAccess, places: readonly AwsPlace[]): Promise<InventoryFiles> {
  const signal = AbortSignal.timeout(LOOK_LIMIT_MS);
  const found = await Promise.all(
    places.map(async (place) => parseInventory((await readPlace(access, place, signal)).documents)),
  );
  const all = <T>(listOf: (files: InventoryFiles) => readonly T[]): T[] => found.flatMap(listOf);
  return {
    vpcs: all(({ vpcs }) => vpcs),
    subnets: all(({ subnets }) => subnets),
    interfaces: all(({ interfaces }) => interfaces),
    natGateways: all(({ natGateways }) => natGateways),
  };
}

/** Which gateways log into which groups, as EC2 tells it. */
async function groupsOfGateway(
  access: AwsAccess,
  live: readonly LiveGroup[],
): Promise<ReadonlyMap<string, readonly LiveGroup[]>> {
  const signal = AbortSignal.timeout(LOOK_LIMIT_MS);
  const found = new Map<string, LiveGroup[]>();
  const places = new Map(live.map(({ group: { place } }) => [placeKey(place), place]));
  for (const [key, place] of places) {
    const [gateways, logs] = await Promise.all([
      describeNatGateways(access, place, signal),
      describeFlowLogs(access, place, signal),
    ]);
    for (const gateway of gateways) {
      const names = new Set(logsOf(gateway, logs).map(({ logGroup }) => logGroup));
      const own = live.filter(({ group }) => placeKey(group.place) === key && names.has(group.name));
      const ids = [gateway.id, ...gateway.resourceIds.filter((id) => id.startsWith('eni-'))];
      for (const id of ids) found.set(id.toLowerCase(), own);
    }
  }
  return found;
}
