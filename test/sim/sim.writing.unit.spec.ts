import { everyRuleIsNeeded, oneOfTwoIsNeeded } from './needed.ts';
import { PAIRS, WRITING } from './rules.ts';

everyRuleIsNeeded('the fence and of who may write', WRITING);
oneOfTwoIsNeeded(PAIRS);
