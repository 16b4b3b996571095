import { everyRuleIsNeeded } from './needed.ts';
import { SYNCING } from './rules.ts';

everyRuleIsNeeded('the cursor, of sync and of the client', SYNCING);
