/**
 * The demo's story, told inside a running cluster with Evercert installed: a site gets its certificate, serves it, and has
 * it renewed under load. Exits with 0 only if every claim held.
 */
import { readFileSync } from 'node:fs';
import { connect, type KubeClient, services } from '../../src/kube/index.ts';
import { certificateThat, followCertificates, says } from '../kit/certificates.ts';
import { environment, kubectl, servedSerial } from '../kit/inside.ts';
import { Load, type LoadTarget } from '../kit/load.ts';
import { Screen } from './screen.ts';

const key = 'default/shop';
const host = 'shop.example';
const steadyMs = 3_000;

const screen = new Screen(process.stdout);
const claims: { claim: string; held: boolean }[] = [];
const abort = new AbortController();

function claim(held: boolean, text: string): void {
  claims.push({ claim: text, held });
  screen.tell(`${held ? 'ok' : 'NOT SO'}: ${text}`);
}

const client: KubeClient = connect({ kubeconfig: environment('KUBECONFIG'), userAgent: 'evercert-demo' });
const { cache, running } = followCertificates(client, abort.signal);
const rootPem = readFileSync(environment('ACME_ROOT_FILE'), 'utf8');
const ingress = environment('INGRESS_IP');

/** Tells each change of a condition as it comes. */
function tellConditions(): void {
  cache.onChange(({ before, after }) => {
    for (const { type, status, reason, message } of after?.status?.conditions ?? []) {
      const was = before?.status?.conditions?.find((one) => one.type === type);
      if (was?.status === status && was.reason === reason) continue;
      screen.tell(`  ${type}=${status} (${reason}) ${message.slice(0, 110)}`);
    }
  });
}

async function issue(): Promise<{ readySeconds: number; service: string; serial: string }> {
  screen.heading('1. A site and its Certificate are applied');
  tellConditions();
  const started = performance.now();
  await kubectl('apply', '-f', 'examples/embedded/');
  screen.tell('kubectl apply -f examples/embedded/');
  const ready = {
    is: (one: Parameters<typeof says>[0]) => says(one, 'Ready', 'True'),
    what: 'to be Ready',
    timeoutMs: 60_000,
  };
  const certificate = await certificateThat(cache, key, ready);
  const readySeconds = (performance.now() - started) / 1000;
  claim(true, `the Certificate is Ready ${readySeconds.toFixed(1)} s after it was applied`);
  await kubectl('rollout', 'status', 'deployment/shop', '--timeout=60s');
  screen.tell('all three replicas are ready');
  const service = await client.get<{
    apiVersion: string;
    kind: string;
    metadata: { name: string };
    spec?: { clusterIP?: string };
  }>(services, { namespace: 'default', name: 'shop' });
  return { readySeconds, service: service?.spec?.clusterIP ?? '', serial: certificate.status?.serialNumber ?? '' };
}

async function bothServe(service: string, serial: string): Promise<boolean> {
  const served = await Promise.all([servedSerial(service, host, rootPem), servedSerial(ingress, host, rootPem)]);
  const [atService, atIngress] = served.map((one) => one.toString(16));
  screen.tell(`the Service serves ${atService}, the Ingress ${atIngress}; the Secret holds ${serial}`);
  return served.every((one) => one === BigInt(`0x${serial}`));
}

/** A front that takes up the Secret by itself does so a moment after it was written. */
async function eventuallyBothServe(service: string, serial: string): Promise<boolean> {
  for (let left = 20; left > 0; left -= 1) {
    if (await bothServe(service, serial).catch(() => false)) return true;
    await new Promise((again) => setTimeout(again, 500));
  }
  return false;
}

async function renew(serial: string): Promise<{ renewSeconds: number; reloadSeconds: number; serial: string }> {
  screen.heading('3. A renewal is asked for, under load');
  const started = performance.now();
  const time = new Date().toISOString();
  await kubectl('annotate', 'evcert', 'shop', '--overwrite', `evercert.dev/renew=${time}`);
  screen.tell(`kubectl annotate evcert shop evercert.dev/renew=${time}`);
  const renewed = await certificateThat(cache, key, {
    is: (one) => one.status?.serialNumber !== serial && says(one, 'Ready', 'True'),
    what: 'to be renewed',
    timeoutMs: 60_000,
  });
  const renewSeconds = (performance.now() - started) / 1000;
  const fingerprint = renewed.status?.fingerprint;
  claim(true, `a new certificate stands in the Secret after ${renewSeconds.toFixed(1)} s`);
  await certificateThat(cache, key, {
    is: (one) => one.status?.reload?.fingerprint === fingerprint && says(one, 'Reloaded', 'True'),
    what: 'to be reloaded',
    timeoutMs: 120_000,
  });
  const reloadSeconds = (performance.now() - started) / 1000;
  claim(true, `every replica serves it after ${reloadSeconds.toFixed(1)} s, seen over TLS`);
  return { renewSeconds, reloadSeconds, serial: renewed.status?.serialNumber ?? '' };
}

function targets(service: string): LoadTarget[] {
  const common = { host, path: '/', root: rootPem };
  return [
    { ...common, name: 'https, Service', protocol: 'https', address: service, port: 443 },
    { ...common, name: 'https, Ingress', protocol: 'https', address: ingress, port: 443 },
    { ...common, name: 'http, Ingress', protocol: 'http', address: ingress, port: 80 },
  ];
}

async function tell(): Promise<string[]> {
  const first = await issue();
  claim(
    await eventuallyBothServe(first.service, first.serial),
    "the Service and the Ingress serve it, with a chain to the CA's root",
  );

  screen.heading('2. Load on both fronts');
  const load = new Load(targets(first.service));
  load.start();
  screen.follow(() =>
    load
      .reports()
      .map(({ target, sent, failed }) => `${target}: ${sent} sent, ${failed} failed`)
      .join(' | '),
  );
  await new Promise((on) => setTimeout(on, steadyMs));
  screen.tell('four kept connections to each of: HTTPS at the Service, HTTPS and HTTP at the Ingress');

  const second = await renew(first.serial);
  claim(second.serial !== first.serial, 'the serial number is another one');
  claim(
    await eventuallyBothServe(first.service, second.serial),
    'the Service and the Ingress serve the new certificate',
  );
  await new Promise((on) => setTimeout(on, steadyMs));
  const reports = await load.stop();
  screen.close();
  for (const { target, sent, failed, repeated, problems } of reports) {
    claim(
      failed === 0,
      `${target}: ${sent} requests sent, ${failed} failed${problems.length > 0 ? ` (${problems.join('; ')})` : ''}, ${repeated} repeated on a fresh connection`,
    );
  }
  const total = (pick: (one: (typeof reports)[number]) => number): number =>
    reports.reduce((sum, one) => sum + pick(one), 0);
  screen.heading('What kubectl shows');
  for (const line of (await kubectl('get', 'evcert', '-A')).split('\n')) screen.tell(line);
  return [
    `time to Ready          ${first.readySeconds.toFixed(1)} s`,
    `time to renew          ${second.renewSeconds.toFixed(1)} s`,
    `renewed and reloaded   ${second.reloadSeconds.toFixed(1)} s`,
    `requests sent          ${total(({ sent }) => sent)}`,
    `repeated once          ${total(({ repeated }) => repeated)}`,
    `requests failed        ${total(({ failed }) => failed)}`,
  ];
}

try {
  await cache.whenSynced(abort.signal);
  const summary = await tell();
  screen.heading('Summary');
  const broken = claims.filter(({ held }) => !held);
  for (const { claim: text } of broken) console.log(`NOT SO: ${text}`);
  console.log(`claims held            ${claims.length - broken.length} of ${claims.length}`);
  for (const line of summary) console.log(line);
  process.exitCode = broken.length === 0 ? 0 : 1;
} catch (error) {
  screen.close();
  console.error(`\nThe demo ended early: ${error instanceof Error ? error.message : String(error)}`);
  console.error(await kubectl('get', 'evcert,clusterissuers,pods', '-A', '-o', 'wide').catch(String));
  process.exitCode = 1;
} finally {
  abort.abort();
  await running;
  await client.close();
}
