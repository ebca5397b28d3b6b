import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** A metric that only grows. */
export interface Counted<Label extends string> {
  inc(labels: Readonly<Record<Label, string>>, by?: number): void;
}

/** A metric that is set. A series whose object is gone has to be removed, or it is told for ever. */
export interface Gauged<Label extends string> {
  set(labels: Readonly<Record<Label, string>>, value: number): void;
  remove(labels: Readonly<Record<Label, string>>): void;
  /** Removes every series. */
  reset(): void;
}

/** A metric that counts into buckets. */
export interface Observed<Label extends string> {
  observe(labels: Readonly<Record<Label, string>>, value: number): void;
}

/** The metrics of the program, and the way to read them. */
export type Metrics = ReturnType<typeof operatorMetrics> &
  ReturnType<typeof acmeMetrics> &
  ReturnType<typeof kubernetesMetrics> &
  ReturnType<typeof processMetrics> & {
    /** Runs `collect` to its end before each scrape: for gauges that are read from what is there, such as caches and queues. */
    beforeScrape(collect: () => void | Promise<void>): void;
    /** What a scrape gets. Rejects when a collector throws. */
    exposition(): Promise<Exposition>;
    /** Name, type, labels and help of each metric, in the order of their definition. */
    describe(): readonly MetricDescription[];
  };

/** Metrics as Prometheus reads them. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** One metric, as docs/reference/metrics.md shows it. */
export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/**
 * What the operator does. As with every metric here, a label never holds the name of a Certificate, a host or a path: what is not bounded by
 * the program, or by the number of namespaces and issuers, grows for ever and is paid for at each scrape.
 */
function operatorMetrics({ counter, gauge, histogram }: Makers) {
  return {
    reconciles: counter(
      'evercert_reconcile_total',
      ['controller', 'outcome'],
      'Passes of a controller over one object, by how they ended: settled, requeued, conflict, transient, terminal, defect.',
    ),
    reconcileSeconds: histogram(
      'evercert_reconcile_seconds',
      ['controller'],
      'Duration of a pass.',
      [0.005, 0.05, 0.5, 2.5, 10, 60],
    ),
    staleCachePasses: counter(
      'evercert_stale_cache_passes_total',
      ['controller', 'from'],
      'Objects that a pass wanted while the cache did not show yet what we had written: taken from what we wrote (ownWrite), or, after 5 s, read from the API server (freshRead).',
    ),
    queueDepth: gauge(
      'evercert_queue_depth',
      ['controller'],
      'Objects whose pass is due and waits for a worker; on the leader alone.',
    ),
    queueLater: gauge(
      'evercert_queue_later',
      ['controller'],
      'Objects whose next pass has a later time; on the leader alone.',
    ),
    queueLongestWaitSeconds: gauge(
      'evercert_queue_longest_wait_seconds',
      ['controller'],
      'For how long the object has waited for a worker that waits longest; on the leader alone.',
    ),
    certificates: gauge('evercert_certificates', ['ready'], 'Certificates, by status of the condition Ready.'),
    certificatesExpiring: gauge(
      'evercert_certificates_expiring',
      ['issuer', 'within'],
      'Certificates whose certificate expires within this time; each bucket includes the shorter ones.',
    ),
    earliestExpiry: gauge(
      'evercert_certificates_earliest_expiry_timestamp_seconds',
      ['namespace', 'issuer'],
      'When the first certificate of a namespace and issuer expires, in seconds since 1970.',
    ),
    earliestRenewal: gauge(
      'evercert_certificates_earliest_renewal_timestamp_seconds',
      ['namespace', 'issuer'],
      'When the first certificate of a namespace and issuer is to be renewed, in seconds since 1970; in the past while that is under way or fails.',
    ),
    certificatesIssued: counter('evercert_certificates_issued_total', [], 'Certificates issued and stored.'),
    issuanceFailures: counter('evercert_issuance_failures_total', ['reason'], 'Issuances that failed, by reason.'),
    verbs: counter('evercert_verbs_total', ['reason'], 'What came of roll-backs and revocations asked for, by reason.'),
    reloads: counter('evercert_reloads_total', ['outcome'], 'Reloads of workloads that ended, by outcome.'),
  };
}

/** How the operator gets on with CAs. */
function acmeMetrics({ counter, gauge, histogram }: Makers) {
  return {
    acmeRequests: counter(
      'evercert_acme_requests_total',
      ['resource', 'status'],
      'Requests to ACME servers, by resource and HTTP status; "failed" where no answer came.',
    ),
    acmeRequestSeconds: histogram(
      'evercert_acme_request_seconds',
      ['resource'],
      'Duration of a request to an ACME server.',
      [0.1, 0.5, 1, 5, 15],
    ),
    rateBudget: gauge(
      'evercert_rate_budget_remaining',
      ['ca', 'limit'],
      'What is left of a rate limit of a CA, in the bucket that has least: of all accounts, domains, sets of names or names; on the leader alone.',
    ),
  };
}

/** How a process of either kind gets on with the API server. */
function kubernetesMetrics({ counter, gauge, histogram }: Makers) {
  return {
    kubeRequests: counter(
      'evercert_kubernetes_requests_total',
      ['verb', 'resource', 'code'],
      'Calls to the API server, by HTTP status; "failed" where no answer came. A watch counts once it is open.',
    ),
    kubeRequestSeconds: histogram(
      'evercert_kubernetes_request_seconds',
      ['verb'],
      'Duration of a call to the API server, without the wait for its turn; of a watch, until it is open.',
      [0.01, 0.05, 0.25, 1, 5, 30],
    ),
    kubeWaitSeconds: counter(
      'evercert_kubernetes_wait_seconds_total',
      ['lane'],
      'Time that calls to the API server waited for their turn, behind others or because it asked to be left alone (429 or 503 with Retry-After).',
    ),
    cacheObjects: gauge('evercert_cache_objects', ['resource'], 'Objects held in the cache of a resource.'),
    cacheSilentSeconds: gauge(
      'evercert_cache_silent_seconds',
      ['resource'],
      'Time since the API server last sent anything for a resource. Bookmarks come about once a minute; above 180 the watch is broken.',
    ),
    cacheEvents: counter(
      'evercert_cache_events_total',
      ['resource', 'event'],
      'What happened to the cache of a resource: listed, watched (a watch was opened), expired (410), failed; added, modified, deleted, bookmark; notUnderstood and listenerFailed, which are faults of the program.',
    ),
    events: counter(
      'evercert_events_total',
      ['outcome'],
      'Events of Kubernetes: made, counted in one that is there, dropped because there were too many, or failed.',
    ),
  };
}

/** What a process of either kind tells of itself, and what the responder does. */
function processMetrics({ counter, gauge, histogram }: Makers) {
  return {
    leader: gauge('evercert_leader', [], '1 while this process holds the Lease, else 0.'),
    responderRequests: counter(
      'evercert_responder_requests_total',
      ['outcome'],
      'Requests to the responder: challenge, reachability, notFound, or refused (malformed or too slow).',
    ),
    eventLoopDelaySeconds: histogram(
      'evercert_event_loop_delay_seconds',
      [],
      'How much later than due a timer ran, measured twice a second.',
      [0.01, 0.05, 0.25, 1, 5],
    ),
    buildInfo: gauge('evercert_build_info', ['version'], '1, with the version of the program.'),
  };
}

/**
 * Makes the metrics in a registry of their own, with prom-client's metrics of Node and the process beside them.
 *
 * @param options.node false leaves the latter out: they observe the process for as long as it lives.
 */
export function createMetrics(options: { node?: boolean } = {}): Metrics {
  const registry = new Registry();
  const collectors: (() => void | Promise<void>)[] = [];
  const make = makers(registry);
  const defined = {
    ...operatorMetrics(make),
    ...acmeMetrics(make),
    ...kubernetesMetrics(make),
    ...processMetrics(make),
  };
  if (options.node !== false) collectDefaultMetrics({ register: registry });
  return {
    ...defined,
    beforeScrape: (collect) => void collectors.push(collect),
    async exposition() {
      for (const collect of collectors) await collect();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    describe: () => registry.getMetricsAsArray().map(described),
  };
}

type Makers = ReturnType<typeof makers>;

/** Makers of metrics in one registry. Metrics without labels start at 0; the others with their first value. */
function makers(registry: Registry) {
  const registers = [registry];
  return {
    counter: <Label extends string>(name: string, labelNames: readonly Label[], help: string): Counted<Label> =>
      new Counter({ name, help, labelNames, registers }),
    gauge: <Label extends string>(name: string, labelNames: readonly Label[], help: string): Gauged<Label> =>
      new Gauge({ name, help, labelNames, registers }),
    histogram: <Label extends string>(
      name: string,
      labelNames: readonly Label[],
      help: string,
      buckets: number[],
    ): Observed<Label> => new Histogram({ name, help, labelNames, buckets, registers }),
  };
}

function described(metric: { name: string; help: string; type: unknown }): MetricDescription {
  const labels: unknown = 'labelNames' in metric ? metric.labelNames : [];
  return {
    name: metric.name,
    type: String(metric.type),
    labels: Array.isArray(labels) ? labels.map(String) : [],
    help: metric.help,
  };
}
