import { type Case, changedComponents, mainClients } from '../case.js';
import { isAccessChange, isCopyStart } from '../evidence/change-weights.js';
import { isServicePrincipal } from '../evidence/changes.js';
import type { Component } from '../evidence/talkers.js';
import type { TrailEvent } from '../sources.js';
import { ACCESS_WINDOW_MS, DEPLOY_WINDOW_MS } from '../trigger.js';
import { scopeNames, upShare } from './component-evidence.js';
import { isNamed, isOfTrade } from './remote-trades.js';
import { findSchedule, type Schedule } from './schedule.js';

/** An upload that is neither telemetry nor an AWS API: a copy of something, wanted or not. */
export interface Upload {
  readonly component: Component;
  readonly schedule: Schedule | null;
  readonly copyStarts: readonly TrailEvent[];
  readonly accessChanges: readonly TrailEvent[];
  /** Reasons to take it for a scheduled copy, and for the opposite. */
  readonly backupSigns: number;
  readonly theftSigns: number;
}

/** Copies go one way: four fifths up at least. */
const MIN_UP = 0.8;
/** Names that jobs of this kind have. */
const COPY_NAMES =
  /(^|[^a-z])(backup|backups|vault|archive|archiver|snapshot|dump|dr|replica|replicator|replication|datasync|rsync|restic|borg|velero|mirror|offsite|export)([^a-z]|$)/i;
/** Few hosts carry something out; a service that many hosts run is a service. */
const FEW_HOSTS = 3;

/** The largest upload to a place outside AWS's APIs, with the signs for and against a backup. */
export function findUpload(found: Case): Upload | null {
  const component = changedComponents(found).find(
    (one) =>
      upShare(one) >= MIN_UP &&
      ['named', 'provider', 'aws-hosted', 'nobody', 'private'].includes(one.remote.kind) &&
      !isOfTrade(one.remote, 'telemetry'),
  );
  if (!component) return null;
  const schedule = findSchedule(component.series);
  const names = scopeNames(component);
  const copyStarts = eventsBefore(found, DEPLOY_WINDOW_MS, (event) => isCopyStart(event.name));
  const accessChanges = eventsBefore(
    found,
    ACCESS_WINDOW_MS,
    (event) => isAccessChange(event.name) && !isServicePrincipal(event),
  );
  const isStorage = isOfTrade(component.remote, 'storage');
  const isFew = mainClients(component).length <= FEW_HOSTS;
  // A place that was used before is not new: less than a hundredth of today's level is nothing.
  const isNew = component.quietPerHour < 0.01 * component.afterPerHour;
  const backupSigns = count(
    isStorage,
    schedule !== null,
    copyStarts.length > 0,
    names.some((name) => COPY_NAMES.test(name)),
    isNamed(component.remote),
  );
  const theftSigns = count(
    isFew && isNew,
    !isNamed(component.remote),
    accessChanges.length > 0,
    component.remote.kind === 'nobody',
    component.ports.some((port) => port === 22 || port === 21),
  );
  return { component, schedule, copyStarts, accessChanges, backupSigns, theftSigns: isNew && isFew ? theftSigns : 0 };
}

function count(...signs: readonly boolean[]): number {
  return signs.filter(Boolean).length;
}

function eventsBefore(found: Case, withinMs: number, fits: (event: TrailEvent) => boolean): TrailEvent[] {
  const { onset } = found;
  if (!found.trail || !onset) return [];
  return found.trail.events.filter(
    (event) =>
      event.errorCode === undefined &&
      event.atMs <= onset.latestMs &&
      event.atMs >= onset.earliestMs - withinMs &&
      fits(event),
  );
}

/**
 * Two signs of a backup outweigh the absence of a name; without them, what few hosts newly send to an unnamed place is
 * the security team's to look at. A false alarm there costs a look, a missed one the data.
 */
export function isBackup(upload: Upload): boolean {
  return (
    upload.backupSigns >= 2 &&
    !(upload.accessChanges.length > 0 && upload.copyStarts.length === 0 && upload.schedule === null)
  );
}
