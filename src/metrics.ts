import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AuditLine } from './slack/slack-deps.js';
import type { JobResult } from './state/job-results.js';

/** What netcost counts about itself, for Prometheus. */
export interface Metrics {
  readonly onCall: (line: AuditLine) => void;
  readonly onJob: (result: Pick<JobResult, 'name' | 'outcome' | 'tookMs'>) => void;
  /** The page of /metrics. */
  readonly page: () => Promise<string>;
  readonly contentType: string;
}

/** Makes the counters, and those of the process: memory, CPU, event loop. `inFlight` and `isConnected` are read when asked. */
export function createMetrics(read: { readonly inFlight: () => number; readonly isConnected: () => boolean }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Counter({
    name: 'netcost_calls_total',
    help: 'Questions and presses, by way and outcome.',
    labelNames: ['via', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'netcost_call_seconds',
    help: 'From question to answer.',
    labelNames: ['via'],
    buckets: [0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers,
  });
  const jobs = new Counter({
    name: 'netcost_jobs_total',
    help: 'Runs of jobs, by name and outcome.',
    labelNames: ['job', 'outcome'],
    registers,
  });
  const jobSeconds = new Gauge({
    name: 'netcost_job_seconds',
    help: 'How long the last run of a job took.',
    labelNames: ['job'],
    registers,
  });
  new Gauge({
    name: 'netcost_questions_in_flight',
    help: 'Questions that are being worked on.',
    registers,
    collect() {
      this.set(read.inFlight());
    },
  });
  new Gauge({
    name: 'netcost_slack_connected',
    help: '1 where Slack reaches netcost.',
    registers,
    collect() {
      this.set(read.isConnected() ? 1 : 0);
    },
  });
  return {
    onCall: ({ via, outcome, tookMs }) => {
      calls.inc({ via, outcome });
      seconds.observe({ via }, tookMs / 1000);
    },
    onJob: ({ name, outcome, tookMs }) => {
      jobs.inc({ job: name, outcome });
      jobSeconds.set({ job: name }, tookMs / 1000);
    },
    page: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
