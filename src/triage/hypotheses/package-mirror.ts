import { type Case, changedComponents, type Finding, mainClients, toldBy } from '../case.js';
import { evidence } from '../evidence/say.js';
import type { Component } from '../evidence/talkers.js';
import type { ClientPlace } from '../evidence/workloads.js';
import { pullThroughCache } from '../remedies/pull-through-cache.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  ownershipEvidence,
  shareOf,
  upShare,
} from './component-evidence.js';
import { isOfTrade } from './remote-trades.js';

/** Packages are fetched: nine tenths down at least. */
const MAX_UP = 0.1;
/** Names that build machines have. */
const BUILDS =
  /(^|[^a-z])(ci|cd|build|builds|builder|runner|runners|jenkins|gitlab|buildkite|codebuild|actions|agent-pool|teamcity|bamboo)([^a-z]|$)/i;

/** Packages, updates, public images and model files of public registries, fetched again and again. */
export function packageMirror(found: Case): Finding | null {
  const parts = candidates(found);
  if (parts.length === 0) return null;
  const excess = parts.reduce((sum, one) => sum + one.excess, 0);
  const places = [...new Map(parts.flatMap(mainClients).map((place) => [place.address, place])).values()];
  const main = parts[0] as Component;
  const isBuild = places.some(isBuilder);
  const remotes = parts.map((one) => one.remote.label);
  const workloads = [...new Set(places.flatMap((place) => place.workload ?? []))];
  return {
    cause: 'package-mirror',
    excess,
    confidence: isBuild ? 'high' : 'medium',
    evidence: [
      ...toldBy(found, found.metricsSource),
      evidence(
        'flow-logs',
        'found',
        'downloads from public registries and their CDNs',
        '{share:percent} of the excess is downloads from {remotes:list}',
        {
          share: shareOf(found, excess),
          excessBytes: Math.round(excess),
          remotes,
          workloads,
        },
      ),
      ...parts.map((one) => componentEvidence(found, one)),
      ownershipEvidence(found, main),
    ],
    onset: earliest(
      parts.map((one) => componentOnset(found, one)),
      found,
    ),
    scope: deployScope(
      found,
      main,
      places.flatMap((place) => place.names),
    ),
    fixes: [pullThroughCache()],
    components: parts.map((one) => one.key),
    fit: isBuild ? 0.8 : 0.55,
    headline: `{share:percent} of the excess is downloads from {remotes:list}${workloads.length > 0 ? ' by {workloads:list}' : ''}`,
  };
}

function candidates(found: Case): readonly Component[] {
  const downloads = changedComponents(found).filter((one) => upShare(one) <= MAX_UP && servesPackages(one));
  if (downloads.length === 0 || !found.talkers) return [];
  // Smaller registries of the same clients belong to it, though none would be a cause by itself.
  const clients = new Set(downloads.flatMap(mainClients).map((place) => place.address));
  const more = found.talkers.components.filter(
    (one) =>
      !downloads.includes(one) &&
      one.excess > 0.02 * found.excess &&
      upShare(one) <= MAX_UP &&
      servesPackages(one) &&
      mainClients(one).filter((place) => clients.has(place.address)).length >= mainClients(one).length / 2,
  );
  return [...downloads, ...more];
}

/** A registry or its CDN by name; for build machines any public host outside AWS's own services. */
function servesPackages(component: Component): boolean {
  if (isOfTrade(component.remote, 'packages')) return true;
  const places = mainClients(component);
  const isPublic = component.remote.kind === 'provider' || component.remote.kind === 'aws-hosted';
  return isPublic && places.length > 0 && places.filter(isBuilder).length >= places.length / 2;
}

function isBuilder(place: ClientPlace): boolean {
  return place.kind === 'codebuild' || place.names.some((name) => BUILDS.test(name));
}

function earliest(intervals: readonly ReturnType<typeof componentOnset>[], found: Case) {
  const known = intervals.filter((one) => one !== null).sort((a, b) => a.earliestMs - b.earliestMs);
  return known[0] ?? found.onset;
}
