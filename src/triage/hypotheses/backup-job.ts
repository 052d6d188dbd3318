import { type Case, type Finding, toldBy } from '../case.js';
import { isCopyStart } from '../evidence/change-weights.js';
import { evidence } from '../evidence/say.js';
import { markPlanned } from '../remedies/mark-planned.js';
import { rescheduleJob } from '../remedies/reschedule-job.js';
import { DEPLOY_WINDOW_MS } from '../trigger.js';
import { componentEvidence, componentOnset, ownershipEvidence, scopeNames, workloadsOf } from './component-evidence.js';
import { findUpload, isBackup } from './uploads.js';

/** Scheduled copies to storage. */
export function backupJob(found: Case): Finding | null {
  const upload = findUpload(found);
  if (!upload || !isBackup(upload)) return null;
  const { component, schedule } = upload;
  const daily = schedule
    ? [
        evidence(
          'flow-logs',
          'found',
          'hours in which the upload runs',
          'The upload runs at about the same hour on {dayCount:count} days and rests between',
          {
            dayCount: schedule.days,
            startHours: schedule.startHours.map((hour) => `${String(hour).padStart(2, '0')}:00 UTC`),
            dutyShare: Math.round(schedule.dutyCycle * 100) / 100,
          },
        ),
      ]
    : [];
  return {
    cause: 'backup-job',
    excess: component.excess,
    confidence: upload.backupSigns >= 3 ? 'high' : 'medium',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ...daily,
      ownershipEvidence(found, component),
    ],
    onset: componentOnset(found, component),
    scope: { names: scopeNames(component), accepts: (event) => isCopyStart(event.name), withinMs: DEPLOY_WINDOW_MS },
    fixes: [markPlanned(), rescheduleJob()],
    components: [component.key],
    fit: 0.75,
    headline: `{share:percent} of the excess is copies to {remote}${workloadsOf(component).length > 0 ? ' by {workloads:list}' : ''}${schedule ? ', at the same hour every day' : ''}`,
  };
}
