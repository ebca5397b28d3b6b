import { ingressClasses, type KubeObject, type Source } from '../../kube/index.ts';

const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class';

/** What routes need of an IngressClass. */
export interface IngressClassRow {
  readonly name: string;
  /** Whose Ingresses are of this class, such as `traefik.io/ingress-controller`. */
  readonly controller: string;
  readonly isDefault: boolean;
  readonly createdAt: Date;
}

/** All IngressClasses. */
export const ingressClassSource: Source<IngressClassRow> = { resource: ingressClasses, project };

interface IngressClass extends KubeObject {
  readonly spec?: { readonly controller?: string };
}

function project(object: KubeObject): IngressClassRow {
  const { metadata, spec } = object as IngressClass;
  return {
    name: metadata.name,
    controller: spec?.controller ?? '',
    isDefault: metadata.annotations?.[defaultAnnotation] === 'true',
    createdAt: new Date(metadata.creationTimestamp ?? 0),
  };
}

/** The class of an Ingress that names none: of several defaults the newest, as the API server's admission has it. */
export function defaultClass(classes: Iterable<IngressClassRow>): IngressClassRow | undefined {
  return [...classes]
    .filter(({ isDefault }) => isDefault)
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.name < b.name ? -1 : 1))[0];
}
