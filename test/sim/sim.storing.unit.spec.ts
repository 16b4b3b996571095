import { everyRuleIsNeeded } from './needed.ts';
import { STORING } from './rules.ts';

everyRuleIsNeeded('storing state and of the projector', STORING);
