import type { IngressRow } from '../ingress-row.ts';
import type { Observed } from './observed.ts';
import type { WantedRoute } from './routes.ts';

/** The one thing to do next. */
export type Plan =
  /** `replaces`: the Ingress of this name, as it was read; undefined where there is none. */
  | { readonly step: 'apply'; readonly route: WantedRoute; readonly replaces: IngressRow | undefined }
  | { readonly step: 'remove'; readonly row: IngressRow }
  | { readonly step: 'rest' };

/** Decides the next step for the routes of one Certificate. Pure: same observation, same plan. */
export function plan({ certificate, wanted, existing, liveUID, installation }: Observed): Plan {
  const removable = existing.filter((row) => !row.deleting && row.installation === installation);
  const orphan = removable.find((row) => row.certificateUID !== liveUID);
  if (orphan !== undefined) return { step: 'remove', row: orphan };
  if (wanted === undefined || certificate === undefined || certificate.uid !== liveUID) return { step: 'rest' };

  for (const route of wanted) {
    const replaces = existing.find(({ key }) => key === route.key);
    // One that is going comes back once it is gone.
    if (replaces?.deleting === true || replaces?.digest === route.digest) continue;
    return { step: 'apply', route, replaces };
  }
  const obsolete = removable.find((row) => !wanted.some(({ key }) => key === row.key));
  return obsolete === undefined ? { step: 'rest' } : { step: 'remove', row: obsolete };
}
