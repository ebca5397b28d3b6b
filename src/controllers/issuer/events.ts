import { group, type IssuerStatus, type Reason, version } from '../../api/index.ts';
import type { EventNote } from '../../kube/index.ts';
import type { IssuerRow } from '../issuer-row.ts';

const news: ReadonlyMap<string, 'Normal' | 'Warning'> = new Map([
  ['AccountReady', 'Normal'],
  ['KeyChanging', 'Normal'],
  ['TermsChanged', 'Normal'],
  ['AccountDeactivated', 'Warning'],
  ['AccountKeyMissing', 'Warning'],
  ['AccountRefused', 'Warning'],
  ['AccountUnknown', 'Warning'],
  ['ContactRefused', 'Warning'],
  ['DirectoryMoved', 'Warning'],
  ['InvalidProfile', 'Warning'],
  ['KeyChangeRefused', 'Warning'],
] satisfies [Reason, 'Normal' | 'Warning'][]);

/** The Event that a change of status is worth, if any. */
export function eventOf(issuer: IssuerRow, after: IssuerStatus): EventNote<Reason> | undefined {
  const was = readyOf(issuer.status);
  const is = readyOf(after);
  const type = news.get(is?.reason ?? '');
  if (is === undefined || type === undefined || is.reason === was?.reason) return undefined;
  const { kind, namespace, name, uid } = issuer;
  const regarding = {
    apiVersion: `${group}/${version}`,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
  };
  return { regarding, action: 'Register', note: is.message, type, reason: is.reason as Reason };
}

function readyOf({ conditions }: IssuerStatus): NonNullable<IssuerStatus['conditions']>[number] | undefined {
  return conditions?.find(({ type }) => type === 'Ready');
}
