export const USAGE = `npm run clatter -- <command>

  topics                create missing topics and compare the rest with what they must be
  new-log --yes         after a restore: a new identity of the log; what was made from it is dropped and built again
  rebuild <service>     build the read models of a service (messaging) again from the log, beside those that serve;
                        compare the two, switch, drop the old ones. Interrupted, it goes on where it was.
      --check           build and compare only, then drop what was built
      --accept          switch also where the new ones differ: their projection was changed
      --abandon         give up what an interrupted run has built

Cluster: KAFKA_BROKERS and MONGO_URL are set (also CLATTER_DATABASE, CLATTER_PREFIX, CLATTER_PARTITIONS).
Embedded: else; the data is in CLATTER_DATA (./data), CLATTER_PARTITIONS as the server has it.
Ends with 0: done. 1: it failed, or there are differences. 2: used wrongly.
docs/operations/ says when to use what.`;
