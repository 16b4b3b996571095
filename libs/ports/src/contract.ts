export { documentStoreContract } from './documentStore.contract.ts';
export { eventLogContract } from './eventLog.contract.ts';
