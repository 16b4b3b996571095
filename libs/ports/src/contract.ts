export { documentStoreContract } from './documentStore.contract.ts';
