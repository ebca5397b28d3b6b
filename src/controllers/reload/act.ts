import { annotations, certificates, group, managers, version } from '../../api/index.ts';
import {
  daemonSets,
  deployments,
  type EventRecorder,
  type KubeClient,
  type KubeObject,
  type Resource,
  statefulSets,
} from '../../kube/index.ts';
import type { CertificateRow } from '../certificate-row.ts';
import type { ConsumedSecret, Observed } from './observed.ts';
import type { WorkloadKind } from './rows.ts';
import type { OwnStatus, ReloadEvent } from './status.ts';

/** Reasons of the Events that the reload controller publishes. */
export type EventReason = 'Reloading' | ReloadEvent;

/** What acting needs. */
export interface ActParts {
  readonly client: Pick<KubeClient, 'apply'>;
  readonly events: Pick<EventRecorder<EventReason>, 'publish'>;
}

const resources: Readonly<Record<WorkloadKind, Resource>> = {
  Deployment: deployments,
  StatefulSet: statefulSets,
  DaemonSet: daemonSets,
};

const apiVersion = 'apps/v1';

/**
 * Writes the digest into the pod template, which makes the workload's own controller roll it out. One forced apply of this
 * one field. The uid and resourceVersion make it a conflict where the workload has changed, or is gone: it is never created.
 *
 * @returns the workload as written.
 * @throws ConflictError, TransientError, TerminalError as the client does.
 */
export async function rollOut(
  { client, events }: ActParts,
  { workload, digest }: Observed,
  renewed: readonly ConsumedSecret[],
  signal: AbortSignal,
): Promise<KubeObject> {
  const { kind, namespace, name, uid, resourceVersion } = workload;
  const object: KubeObject & { readonly spec: object } = {
    apiVersion,
    kind,
    metadata: { namespace, name, uid, resourceVersion },
    spec: { template: { metadata: { annotations: { [annotations.reloadDigest]: digest } } } },
  };
  const written = await client.apply<KubeObject>(resources[kind], object, {
    manager: managers.reload,
    force: true,
    signal,
  });
  // With the time, or the note of the next renewal would repeat this one, and only be counted.
  const names = renewed.map((secret) => `${secret.name} (${secret.issuedAt.toISOString()})`).join(', ');
  events.publish({
    regarding: { apiVersion, kind, namespace, name, uid },
    type: 'Normal',
    reason: 'Reloading',
    action: 'RollOut',
    note: `Pods are replaced one after another, because they started before the certificate was issued that is in: ${names}.`,
  });
  return written;
}

/**
 * Writes the whole of our part of a Certificate's status; an empty one takes it away.
 *
 * @returns the Certificate as written.
 * @throws ConflictError, TransientError, TerminalError as the client does.
 */
export async function writeStatus(
  { client, events }: ActParts,
  { namespace, name, uid, resourceVersion, status }: CertificateRow,
  next: { readonly status: OwnStatus; readonly event: ReloadEvent | undefined },
  signal: AbortSignal,
): Promise<KubeObject> {
  const object: KubeObject & { readonly status: OwnStatus } = {
    apiVersion: `${group}/${version}`,
    kind: certificates.kind,
    metadata: { namespace, name, resourceVersion },
    status: next.status,
  };
  const options = { manager: managers.reload, force: true, subresource: 'status', signal } as const;
  const written = await client.apply<KubeObject>(certificates, object, options);
  if (next.event === undefined) return written;
  events.publish({
    regarding: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid },
    type: next.event === 'Reloaded' ? 'Normal' : 'Warning',
    reason: next.event,
    action: 'Reload',
    note: `Certificate ${status.serialNumber ?? ''}: ${next.status.conditions?.[0]?.message ?? ''}`,
  });
  return written;
}
