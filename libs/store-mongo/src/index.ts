export { type MongoStoreOptions, openMongoStore } from './store.mongo.ts';
