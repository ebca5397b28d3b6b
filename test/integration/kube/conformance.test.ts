import { conformance } from '../../conformance/kube/suite.ts';
import { realServer } from './server.ts';

conformance('a real kube-apiserver', realServer);
