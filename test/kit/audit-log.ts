import { open, stat } from 'node:fs/promises';

/** A write that the API server took, from its audit log. */
export interface AuditedWrite {
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly user: string;
  readonly userAgent: string;
  readonly code: number;
}

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly userAgent?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** The API server's own record of what it was asked: the judge of how much we write. */
export class AuditLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Where the log ends now. */
  async mark(): Promise<number> {
    return (await stat(this.#path)).size;
  }

  /** The writes after a mark, refused ones and leases among them. */
  async writesSince(mark: number): Promise<AuditedWrite[]> {
    const file = await open(this.#path);
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(size - mark), 0, size - mark, mark);
      const lines = buffer.toString('utf8').split('\n');
      return lines.flatMap((line) => (line === '' ? [] : writeOf(JSON.parse(line) as AuditEvent)));
    } finally {
      await file.close();
    }
  }
}

function writeOf({ stage, verb, userAgent, user, objectRef, responseStatus }: AuditEvent): AuditedWrite[] {
  if (stage !== 'ResponseComplete' || !writing.has(verb)) return [];
  return [
    {
      verb,
      resource: objectRef?.resource ?? '',
      subresource: objectRef?.subresource,
      namespace: objectRef?.namespace,
      name: objectRef?.name,
      user: user?.username ?? '',
      userAgent: userAgent ?? '',
      code: responseStatus?.code ?? 0,
    },
  ];
}
