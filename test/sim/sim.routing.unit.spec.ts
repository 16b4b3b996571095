import { everyRuleIsNeeded } from './needed.ts';
import { ROUTING } from './rules.ts';

everyRuleIsNeeded('the router and the edge', ROUTING);
