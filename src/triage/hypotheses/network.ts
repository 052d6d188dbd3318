import type { Interval } from '../../anomalies/onset.js';
import { between, mean } from '../../anomalies/series.js';
import type { Case } from '../case.js';
import { type GatewayShift, gatewayShifts } from '../evidence/nat-metrics.js';

/** Traffic that changed gateways at one moment. */
export interface Move {
  readonly interval: Interval;
  readonly from: readonly GatewayShift[];
  readonly to: readonly GatewayShift[];
  /** What the receiving gateways took more, per hour. */
  readonly movedPerHour: number;
  readonly totalBefore: number;
  readonly totalAfter: number;
}

/** Half gone, or half as much again: smaller shifts are a day like any other. */
const FALL = 0.5;
const RISE = 1.5;
/** A gateway that rose took at least so much of what others lost, and not much more. */
const BALANCE = [0.5, 2] as const;
/** The sum stays within a fifth, as everywhere (an excess is a fifth above the expected level). */
const SAME_TOTAL = 0.25;
/** Keep-alives of what was not drained: a fiftieth. */
const SILENT = 0.02;
/** Neighbouring hours differ by the time of day as well. */
const LOCAL_TOTAL = 0.5;

/**
 * Whether gateways swapped traffic: one or more rose, others fell by about as much, and the sum stayed. The moment is
 * that of the largest rise.
 */
export function findMove(found: Case): Move | null {
  const { metrics } = found;
  if (!metrics || metrics.gateways.length < 2) return null;
  const moments = [...metrics.gatewayRises.values()].map((rise) => rise.onset);
  for (const gateway of metrics.gateways) {
    const usual = mean(gateway.bytes.slice(-24).map((point) => point.value));
    // Its first keep-alives are not the move: a tenth of what it takes now is.
    const first = gateway.bytes.find((point) => point.value > 0.1 * usual && point.value > 0);
    const total = metrics.total[0];
    // A gateway that came into being has no history to rise from: its first bytes are the moment.
    if (first && total && first.atMs > total.atMs + 24 * 3_600_000) {
      const fine = gateway.fine.find((point) => point.value > (0.1 * usual) / 12 && point.value > 1_000_000);
      moments.push(
        fine
          ? { earliestMs: fine.atMs - 5 * 60_000, latestMs: fine.atMs + 15 * 60_000 }
          : { earliestMs: first.atMs, latestMs: first.atMs + 60 * 60_000 },
      );
    }
  }
  const moves = moments.flatMap((interval) => moveAt(found, interval) ?? []);
  return moves.sort((a, b) => b.movedPerHour - a.movedPerHour)[0] ?? null;
}

function moveAt(found: Case, interval: Interval): Move | null {
  if (!found.metrics) return null;
  // Over a short history like hours do not exist: then the hours right before and after are compared.
  const isShort = found.metrics.historyHours < 7 * 24;
  const shifts = isShort ? localShifts(found.metrics, interval) : gatewayShifts(found.metrics, interval);
  const sum = (list: readonly GatewayShift[], pick: (one: GatewayShift) => number) =>
    list.reduce((total, one) => total + pick(one), 0);
  const totalBefore = sum(shifts, (one) => one.beforePerHour);
  const totalAfter = sum(shifts, (one) => one.afterPerHour);
  // A tenth of all traffic: what moves below that is no incident.
  const matters = (one: GatewayShift) =>
    Math.abs(one.afterPerHour - one.beforePerHour) > 0.1 * Math.max(totalBefore, totalAfter);
  const to = shifts.filter((one) => matters(one) && one.afterPerHour > RISE * one.beforePerHour);
  const from = shifts.filter((one) => matters(one) && one.afterPerHour < FALL * one.beforePerHour);
  if (to.length === 0 || from.length === 0) return null;
  const gained = sum(to, (one) => one.afterPerHour - one.beforePerHour);
  const lost = sum(from, (one) => one.beforePerHour - one.afterPerHour);
  // One gateway fell silent as another awoke: that is a move, whatever the time of day does to the sum.
  const isSwap =
    isShort &&
    from.every((one) => one.afterPerHour < SILENT * one.beforePerHour) &&
    to.every((one) => one.beforePerHour < SILENT * one.afterPerHour);
  if (isSwap) return { interval, from, to, movedPerHour: gained, totalBefore, totalAfter };
  if (gained < BALANCE[0] * lost || gained > BALANCE[1] * lost) return null;
  const allowed = isShort ? LOCAL_TOTAL : SAME_TOTAL;
  if (Math.abs(totalAfter - totalBefore) > allowed * Math.max(totalAfter, totalBefore)) return null;
  return { interval, from, to, movedPerHour: gained, totalBefore, totalAfter };
}

const LOCAL_MS = 6 * 3_600_000;

function localShifts(metrics: NonNullable<Case['metrics']>, interval: Interval): GatewayShift[] {
  const level = (points: readonly { readonly value: number }[], hours: number) =>
    points.reduce((sum, point) => sum + point.value, 0) / Math.max(1, hours);
  const cutMs = Math.ceil(interval.latestMs / 3_600_000) * 3_600_000;
  const startMs = Math.floor(interval.earliestMs / 3_600_000) * 3_600_000;
  const hoursIn = (fromMs: number, toMs: number) =>
    metrics.total.filter((point) => point.atMs >= fromMs && point.atMs < toMs).length;
  return metrics.gateways.map((gateway) => ({
    id: gateway.id,
    beforePerHour: level(between(gateway.bytes, startMs - LOCAL_MS, startMs), hoursIn(startMs - LOCAL_MS, startMs)),
    afterPerHour: level(between(gateway.bytes, cutMs, cutMs + LOCAL_MS), hoursIn(cutMs, cutMs + LOCAL_MS)),
  }));
}

/** Subnets whose default route leads to a gateway in another zone. */
export interface Crossing {
  readonly subnetId: string;
  readonly az: string;
  readonly natGatewayId: string;
  readonly natAz: string;
  readonly routeTableId: string;
  readonly vpcId: string;
}

/** Every subnet that EC2 shows and whose zone differs from its zonal gateway's. */
export function findCrossings(found: Case): Crossing[] {
  const { inventory } = found;
  if (!inventory) return [];
  const zones = new Map(inventory.subnets.map((subnet) => [subnet.id, subnet.az]));
  const crossings: Crossing[] = [];
  for (const subnet of inventory.subnets) {
    const own = inventory.routeTables.find((table) => table.subnetIds.includes(subnet.id));
    const table = own ?? inventory.routeTables.find((one) => one.vpcId === subnet.vpcId && one.isMain);
    const route = table?.routes.find((one) => one.target.startsWith('nat-'));
    const gateway = inventory.natGateways.find((one) => one.id === route?.target);
    const natAz = gateway?.subnetId === undefined ? undefined : zones.get(gateway.subnetId);
    if (
      !table ||
      !gateway ||
      gateway.isRegional ||
      natAz === undefined ||
      subnet.az === undefined ||
      natAz === subnet.az
    )
      continue;
    crossings.push({
      subnetId: subnet.id,
      az: subnet.az,
      natGatewayId: gateway.id,
      natAz,
      routeTableId: table.id,
      vpcId: subnet.vpcId,
    });
  }
  return crossings;
}

/** Whether any route of any table leads to a gateway. Undefined where route tables are not known. */
export function isRouted(found: Case, natGatewayId: string): boolean | undefined {
  const { inventory } = found;
  if (!inventory || inventory.missing.includes('route-tables')) return undefined;
  return inventory.routeTables.some((table) => table.routes.some((route) => route.target === natGatewayId));
}
