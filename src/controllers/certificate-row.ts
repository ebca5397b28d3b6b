import {
  annotations,
  type Certificate,
  type CertificateSpec,
  type CertificateStatus,
  type Condition,
  certificates,
  issuerKeyOf,
  namesOf,
  timeOf,
} from '../api/index.ts';
import { type KubeObject, keyOf, refOf, type Source } from '../kube/index.ts';
import { type Packed, pack, shared } from './packed.ts';

/** What the controllers keep of a Certificate. Frozen; replaced as a whole by each change. */
export interface CertificateRow {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>>;
  /** The annotation `evercert.dev/renew`, where it is a date. */
  readonly renewRequestedAt: Date | undefined;
  /** The annotations that ask for something, as the user wrote them. */
  readonly verbs: Readonly<Partial<Record<Verb, string>>>;
  /** Every name asked for: canonical, sorted, without repeats. */
  readonly names: readonly string[];
  readonly secretName: string;
  /** Of the Secret: `namespace/secretName`. */
  readonly secretKey: string;
  /** `Issuer/<namespace>/<name>` or `ClusterIssuer/<name>`. */
  readonly issuerKey: string;
  readonly spec: CertificateSpec;
  readonly status: CertificateStatus;
  /** Status of the condition `Ready`. */
  readonly ready: Condition['status'];
  /** When the certificate in the Secret expires, in milliseconds since 1970; undefined where there is none. */
  readonly notAfterMs: number | undefined;
  /** When it is to be renewed, in milliseconds since 1970; undefined where it never is by itself. */
  readonly renewalMs: number | undefined;
}

/** What users ask for by annotation: each is `evercert.dev/` and this name, but for the last, which has cert-manager's. */
export type Verb = 'renew' | 'rollback' | 'revoke' | 'temporary' | 'staging';

const verbAnnotations: Readonly<Record<Verb, string>> = {
  renew: annotations.renew,
  rollback: annotations.rollback,
  revoke: annotations.revoke,
  temporary: annotations.issueTemporary,
  staging: annotations.replaceWithStaging,
};

/** All Certificates, found by their Secret (`namespace/name`), their issuer (its key), each of their names, and their uid. */
export const certificateSource: Source<CertificateRow> = {
  resource: certificates,
  project: projectCertificate,
  indexes: {
    secret: (row) => [row.secretKey],
    issuer: (row) => [row.issuerKey],
    host: (row) => row.names,
    uid: (row) => [row.uid],
  },
};

/** Reads a Certificate into its row. */
export function projectCertificate(object: KubeObject, key = keyOf(object.metadata)): CertificateRow {
  return new PackedRow(object as Certificate, key);
}

/** What is read now and then. */
interface Content extends Pick<CertificateRow, 'spec' | 'status' | 'labels'> {
  readonly createdAt: string | undefined;
  /** Absent where there are none, as with most. */
  readonly verbs?: CertificateRow['verbs'];
}

/**
 * A row of a third of what its fields take, since there may be 100,000. What its cache finds it by, and what is asked of all
 * at once, stands ready; the rest is packed.
 */
class PackedRow implements CertificateRow {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly issuerKey: string;
  readonly secretKey: string;
  readonly ready: Condition['status'];
  /** Most have one, for which an array would take more than the name. */
  readonly #names: string | readonly string[];
  /** Whole seconds are small integers, which take no room of their own. */
  readonly #notAfterSeconds: number | undefined;
  readonly #renewalSeconds: number | undefined;
  readonly #content: Packed<Content>;

  constructor({ metadata, spec, status = {} }: Certificate, key: string) {
    const { namespace = '', labels = {}, creationTimestamp: createdAt } = metadata;
    const names = namesOf(spec);
    const [first = '', ...others] = names;
    const verbs = verbsOf(metadata.annotations ?? {});
    this.key = key;
    this.uid = metadata.uid ?? '';
    this.resourceVersion = metadata.resourceVersion ?? '';
    this.generation = metadata.generation ?? 0;
    this.issuerKey = shared(issuerKeyOf(spec, namespace));
    this.secretKey = keyOf({ namespace, name: spec.secretName });
    this.ready = shared(readyOf(status));
    this.#names = others.length === 0 ? first : names;
    this.#notAfterSeconds = secondsOf(status.notAfter);
    this.#renewalSeconds = secondsOf(status.renewalTime);
    this.#content = pack({ spec, status, labels, createdAt, ...verbs }, [spec.secretName, ...names]);
  }

  get namespace(): string {
    return refOf(this.key).namespace ?? '';
  }

  get name(): string {
    return refOf(this.key).name;
  }

  get secretName(): string {
    return refOf(this.secretKey).name;
  }

  get names(): readonly string[] {
    return typeof this.#names === 'string' ? [this.#names] : this.#names;
  }

  get notAfterMs(): number | undefined {
    return this.#notAfterSeconds === undefined ? undefined : this.#notAfterSeconds * 1000;
  }

  get renewalMs(): number | undefined {
    return this.#renewalSeconds === undefined ? undefined : this.#renewalSeconds * 1000;
  }

  get createdAt(): Date {
    return new Date(this.#content.value.createdAt ?? 0);
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#content.value.labels;
  }

  get renewRequestedAt(): Date | undefined {
    return timeOf(this.verbs.renew);
  }

  get verbs(): CertificateRow['verbs'] {
    return this.#content.value.verbs ?? {};
  }

  get spec(): CertificateSpec {
    return this.#content.value.spec;
  }

  get status(): CertificateStatus {
    return this.#content.value.status;
  }
}

function secondsOf(time: string | undefined): number | undefined {
  const ms = timeOf(time)?.getTime();
  return ms === undefined ? undefined : Math.floor(ms / 1000);
}

function verbsOf(noted: Readonly<Record<string, string>>): Pick<Content, 'verbs'> {
  const asked = Object.entries(verbAnnotations).filter(([, annotation]) => noted[annotation] !== undefined);
  return asked.length === 0 ? {} : { verbs: Object.fromEntries(asked.map(([verb, name]) => [verb, noted[name]])) };
}

function readyOf({ conditions = [] }: CertificateStatus): Condition['status'] {
  return conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
}
