/** How long it takes until another operator works when the leader ends, and what a leader changes that was thought dead. */
import { environment } from '../../kit/inside.ts';
import { makeProgram } from '../../kit/program.ts';
import type { Benchmark } from '../benchmark.ts';
import { Site } from '../site.ts';
import { cases } from './cases.ts';
import { evercert } from './evercert.ts';
import { figures } from './figures.ts';
import { Load } from './load.ts';
import { Replicas } from './replicas.ts';

/** `npm run bench -- failover`. */
export const failover: Benchmark = {
  name: 'failover',
  what: 'A leader that ends, crashes or freezes while another operator stands by.',
  ground: 'issuing',
  cases,
  figures,
  async subjects() {
    await using stack = new AsyncDisposableStack();
    const program = stack.use(await makeProgram());
    const site = stack.use(
      await Site.open({
        name: 'failover',
        address: environment('INGRESS_IP'),
        ingressClass: environment('INGRESS_CLASS'),
      }),
    );
    const { kubeconfig, namespace } = site;
    const replicas = stack.use(await Replicas.start({ program: program.path, kubeconfig, namespace }));
    const load = new Load(site);
    await load.prepare();
    const all = stack.move();
    return [evercert({ site, replicas, load, [Symbol.asyncDispose]: () => all.disposeAsync() })];
  },
};
