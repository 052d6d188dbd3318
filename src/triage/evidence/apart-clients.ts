import type { FlowSum } from '../sources.js';
import { groupBy } from './group-by.js';
import type { Component, Scale, TalkerClient, TalkerInputs } from './talkers.js';

/** A client's own excess, whatever it talked to: all that version 2 logs tell of clients. */
interface ApartClient extends TalkerClient {
  readonly excessUp: number;
  readonly excessDown: number;
}

/** Every client's own excess, up and down. */
export function apartClients(sums: readonly FlowSum[], inputs: TalkerInputs, scale: Scale): ApartClient[] {
  const level = (list: readonly FlowSum[]) => {
    const quiet = list.filter((sum) => sum.atMs < scale.splitMs).reduce((total, sum) => total + sum.bytes, 0);
    const after = list.filter((sum) => sum.atMs >= scale.splitMs).reduce((total, sum) => total + sum.bytes, 0);
    return after - (scale.hasQuiet ? (quiet / scale.quietHours) * scale.season * scale.afterHours : 0);
  };
  const clients = groupBy(
    sums.filter((sum) => sum.client !== null),
    (sum) => sum.client as string,
  );
  return [...clients].map(([address, list]) => ({
    place: inputs.place(address),
    excess: level(list),
    excessUp: level(list.filter((sum) => sum.direction === 'up')),
    excessDown: level(list.filter((sum) => sum.direction === 'down')),
    flows: list.filter((sum) => sum.atMs >= scale.splitMs).reduce((total, sum) => total + sum.flows, 0),
    isNew: scale.hasQuiet && !list.some((sum) => sum.atMs < scale.splitMs),
  }));
}

/** A client that grew by a twentieth of a component, in the component's own direction, is likely part of it. */
const LIKELY_PART = 0.05;

/** Version 2 logs: the clients that grew in the same direction stand in for those that talked to this remote. */
export function withApartClients(
  component: Component,
  apart: readonly ApartClient[],
  sums: readonly FlowSum[],
  splitMs: number,
): Component {
  const isUp = component.excessUp > component.excessDown;
  const own = (client: ApartClient) => (isUp ? client.excessUp : client.excessDown);
  const likely = apart
    .filter(
      (client) =>
        own(client) >= LIKELY_PART * Math.max(1, component.excess) && (isUp || client.excessDown > client.excessUp / 2),
    )
    .sort((a, b) => own(b) - own(a));
  const addresses = new Set(likely.map((client) => client.place.address));
  return {
    ...component,
    clients: likely.map((client) => ({
      place: client.place,
      excess: own(client),
      flows: client.flows,
      isNew: client.isNew,
    })),
    downloads: sums
      .filter(
        (sum) => sum.direction === 'down' && sum.atMs >= splitMs && sum.client !== null && addresses.has(sum.client),
      )
      .map((sum) => ({ client: sum.client as string, remote: '', atMs: sum.atMs, bytes: sum.bytes })),
  };
}
