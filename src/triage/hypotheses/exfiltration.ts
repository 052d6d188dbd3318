import { type Case, type Finding, mainClients, toldBy } from '../case.js';
import { isAccessChange } from '../evidence/change-weights.js';
import { isServicePrincipal } from '../evidence/changes.js';
import { at, evidence } from '../evidence/say.js';
import { isolateHost } from '../remedies/isolate-host.js';
import { ACCESS_WINDOW_MS } from '../trigger.js';
import { componentEvidence, componentOnset, ownershipEvidence, scopeNames } from './component-evidence.js';
import { findUpload, isBackup } from './uploads.js';

/** A new upload by few hosts to a place that nobody named. */
export function exfiltration(found: Case): Finding | null {
  const upload = findUpload(found);
  // Without a quiet period in the logs nothing can be called new.
  if (!upload || isBackup(upload) || upload.theftSigns < 2 || !found.talkers?.hasQuiet) return null;
  const { component } = upload;
  // Without an AS table nearly every address is nameless: then only what an intruder does makes it a theft.
  if (component.remote.provider === null && !found.remotes?.hasAsTable && upload.accessChanges.length === 0)
    return null;
  const access = upload.accessChanges.slice(0, 3).map((event) =>
    evidence(
      'cloudtrail',
      'found',
      'new keys, rights and sessions in the hours before',
      '{eventName} by {principal} at {at:time}',
      {
        eventName: event.name,
        principal: event.principal,
        at: at(event.atMs),
      },
    ),
  );
  return {
    cause: 'exfiltration',
    excess: component.excess,
    confidence: upload.accessChanges.length > 0 ? 'high' : 'medium',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ownershipEvidence(found, component),
      ...access,
    ],
    onset: componentOnset(found, component),
    scope: {
      names: scopeNames(component),
      accepts: (event) => isAccessChange(event.name) && !isServicePrincipal(event),
      withinMs: ACCESS_WINDOW_MS,
    },
    fixes: [isolateHost(mainClients(component))],
    components: [component.key],
    fit: 0.78,
    headline: '{share:percent} of the excess is a new upload by {clients:list} to {remote}, which nobody named',
    isSecurity: true,
  };
}
