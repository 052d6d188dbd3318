export type ClientKind = 'ec2' | 'ecs' | 'eks' | 'lambda' | 'agent';

interface ServicePlan {
  readonly workload: string;
  readonly kind: ClientKind;
  readonly count: number;
  /** The zones where it runs; all three where absent. */
  readonly zones?: string;
}

export interface TeamPlan {
  readonly team: string | null;
  readonly env: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Third number of the first address of a /20 with a /22 in each zone. */
  readonly block: number;
  readonly services: readonly ServicePlan[];
}

export interface SpokePlan {
  readonly name: string;
  readonly second: number;
  readonly accountId: string;
  /** All traffic enters the egress VPC in this zone: its transit attachment has one subnet only. */
  readonly attachedIn?: string;
  readonly teams: readonly TeamPlan[];
}

export const NETWORK_ACCOUNT = '111122223333';
export const AGENTS_ACCOUNT = '444455556666';

/** The teams, where they live and what they run. owners.yaml is written from the same facts (company-files.ts). */
export const SPOKES: readonly SpokePlan[] = [
  {
    name: 'prod',
    second: 20,
    accountId: '222233334444',
    teams: [
      team('payments', 'prod', 0, { department: 'finance', tier: '1' }, [
        { workload: 'payments-api', kind: 'ecs', count: 6 },
        { workload: 'payments-ledger', kind: 'ec2', count: 3 },
      ]),
      team('payments', 'staging', 12, { department: 'finance' }, [
        { workload: 'payments-api-staging', kind: 'ecs', count: 2, zones: 'a' },
      ]),
      team('checkout', 'prod', 16, { department: 'sales', tier: '1' }, [
        { workload: 'checkout-web', kind: 'ecs', count: 6 },
      ]),
      team('fraud', 'prod', 32, { department: 'finance', tier: '1' }, [
        { workload: 'fraud-score', kind: 'lambda', count: 3 },
      ]),
    ],
  },
  {
    name: 'web',
    second: 30,
    accountId: '222233334444',
    teams: [
      team('search', 'prod', 0, { department: 'product', tier: '2' }, [
        { workload: 'search-indexer', kind: 'eks', count: 6 },
        { workload: 'search-query', kind: 'eks', count: 3 },
      ]),
      team('platform', 'prod', 16, { department: 'engineering' }, [{ workload: 'ci-runner', kind: 'ec2', count: 6 }]),
    ],
  },
  {
    name: 'data',
    second: 40,
    accountId: '333344445555',
    teams: [
      team('data', null, 0, { department: 'analytics' }, [
        { workload: 'lake-loader', kind: 'ec2', count: 4 },
        { workload: 'airflow-worker', kind: 'ecs', count: 3 },
      ]),
    ],
  },
  {
    name: 'agents',
    second: 50,
    accountId: AGENTS_ACCOUNT,
    teams: [
      team('agents', 'prod', 0, { department: 'research' }, [
        { workload: 'agents-gateway', kind: 'ecs', count: 3 },
        { workload: 'support_agent', kind: 'agent', count: 6, zones: 'a' },
      ]),
    ],
  },
  {
    name: 'mobile',
    second: 60,
    accountId: '777788889999',
    attachedIn: 'a',
    teams: [team('mobile', null, 0, {}, [{ workload: 'push-sender', kind: 'ecs', count: 4, zones: 'ac' }])],
  },
  {
    name: 'sandbox',
    second: 90,
    accountId: '066677778888',
    teams: [team(null, null, 0, {}, [{ workload: 'scratch', kind: 'ec2', count: 3 }])],
  },
];

function team(
  name: string | null,
  env: string | null,
  block: number,
  labels: Readonly<Record<string, string>>,
  services: readonly ServicePlan[],
): TeamPlan {
  return { team: name, env, block, labels, services };
}
