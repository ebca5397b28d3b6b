import { group, type IssuerStatus, type Reason, version } from '../../api/index.ts';
import type { EventNote } from '../../kube/index.ts';
import type { IssuerRow } from '../issuer-row.ts';

/** The Event that a change of status is worth, if any: the account is ready, or is refused. */
export function eventOf(issuer: IssuerRow, after: IssuerStatus): EventNote<Reason> | undefined {
  const was = readyOf(issuer.status);
  const is = readyOf(after);
  if (is === undefined || is.reason === was?.reason) return undefined;
  const { kind, namespace, name, uid } = issuer;
  const regarding = {
    apiVersion: `${group}/${version}`,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
  };
  const note = { regarding, action: 'Register', note: is.message };
  if (is.reason === 'AccountReady') return { ...note, type: 'Normal', reason: 'AccountReady' };
  if (is.reason === 'AccountRefused') return { ...note, type: 'Warning', reason: 'AccountRefused' };
  return undefined;
}

function readyOf({ conditions }: IssuerStatus): NonNullable<IssuerStatus['conditions']>[number] | undefined {
  return conditions?.find(({ type }) => type === 'Ready');
}
