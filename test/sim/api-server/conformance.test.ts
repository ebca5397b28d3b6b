import { simulated } from '../../conformance/kube/simulated.ts';
import { conformance } from '../../conformance/kube/suite.ts';

conformance('the simulated API server', simulated);
