package io.sereno.benchmarks.jetcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.grpc.stub.StreamObserver;
import io.sereno.benchmarks.worker.Peer;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** jetcd's client, {@code io.etcd:jetcd-core}, and the recipes that its users write with it. */
public final class JetcdSystem implements Peer.Connector {
    @Override
    public Peer connect(Peer.Target target) throws ExecutionException, InterruptedException {
        Client client =
                Client.builder().endpoints("http://" + target.authority()).build();
        Connection connection = new Connection(client, target.ttl());
        return new One(connection, target.subject(), connection.lease(), ConcurrentHashMap.newKeySet());
    }

    static ByteSequence bytes(String text) {
        return ByteSequence.from(text, UTF_8);
    }

    private record Connection(Client client, Duration ttl) {
        long lease() throws ExecutionException, InterruptedException {
            long lease = client.getLeaseClient()
                    .grant(Math.max(1, ttl.toSeconds()))
                    .get()
                    .getID();
            client.getLeaseClient().keepAlive(lease, new StreamObserver<>() {
                @Override
                public void onNext(LeaseKeepAliveResponse response) {}

                @Override
                public void onError(Throwable failure) {
                    System.err.println("the lease is not kept alive: " + failure);
                }

                @Override
                public void onCompleted() {}
            });
            return lease;
        }
    }

    /** @param names of the locks that use the client's lease; etcd takes two calls of one lease for the same holder */
    private record One(Connection connection, String subject, long lease, Set<String> names) implements Peer {
        private Client client() {
            return connection.client();
        }

        @Override
        public Lock lock(String name) throws ExecutionException, InterruptedException {
            long own = names.add(name) ? lease : connection.lease();
            return subject.equals("Lock")
                    ? new ServiceLock(client(), bytes(name), own)
                    : new TransactionMutex(client(), name + "/", own);
        }

        @Override
        public Candidate candidate(String election) {
            return new Candidate() {
                private @Nullable LeaderKey leader;

                @Override
                public void lead() throws ExecutionException, InterruptedException {
                    leader = client().getElectionClient()
                            .campaign(bytes(election), lease, ByteSequence.EMPTY)
                            .get()
                            .getLeader();
                }

                @Override
                public void resign() throws ExecutionException, InterruptedException {
                    client().getElectionClient()
                            .resign(Objects.requireNonNull(leader))
                            .get();
                }
            };
        }

        @Override
        public Tally tally(String name) {
            return new Exchanged(client(), bytes(name));
        }

        @Override
        public Channel channel(String name, int kept) {
            return new Puts(client(), name + "/");
        }

        @Override
        public Group group(String name) {
            ByteSequence prefix = bytes(name + "/");
            return new Group() {
                @Override
                public AutoCloseable join(String id) throws ExecutionException, InterruptedException {
                    ByteSequence key = bytes(name + "/" + id);
                    PutOption leased = PutOption.builder().withLeaseId(lease).build();
                    client().getKVClient().put(key, ByteSequence.EMPTY, leased).get();
                    return () -> client().getKVClient().delete(key).get();
                }

                @Override
                public int size() throws ExecutionException, InterruptedException {
                    GetOption all = GetOption.builder().isPrefix(true).build();
                    return client().getKVClient()
                            .get(prefix, all)
                            .get()
                            .getKvs()
                            .size();
                }
            };
        }
    }

    /** etcd's own lock service. */
    private static final class ServiceLock implements Peer.Lock {
        private final Client client;
        private final ByteSequence name;
        private final long lease;
        private ByteSequence held = ByteSequence.EMPTY;

        ServiceLock(Client client, ByteSequence name, long lease) {
            this.client = client;
            this.name = name;
            this.lease = lease;
        }

        @Override
        public long acquire() throws ExecutionException, InterruptedException {
            held = client.getLockClient().lock(name, lease).get().getKey();
            return 0;
        }

        @Override
        public void release() throws ExecutionException, InterruptedException {
            client.getLockClient().unlock(held).get();
        }

        @Override
        public boolean held() throws ExecutionException, InterruptedException {
            return client.getKVClient().get(held).get().getCount() == 1;
        }
    }

    /** Compare-and-set of a number; the failed transaction reads the value for the next attempt. */
    private static final class Exchanged implements Peer.Tally {
        private final Client client;
        private final ByteSequence key;
        private long sum;
        private long modified;

        Exchanged(Client client, ByteSequence key) {
            this.client = client;
            this.key = key;
        }

        @Override
        public boolean add() throws ExecutionException, InterruptedException {
            while (true) {
                TxnResponse response = client.getKVClient()
                        .txn()
                        .If(new Cmp(key, Cmp.Op.EQUAL, CmpTarget.modRevision(modified)))
                        .Then(Op.put(key, bytes(String.valueOf(sum + 1)), PutOption.DEFAULT))
                        .Else(Op.get(key, GetOption.DEFAULT))
                        .commit()
                        .get();
                if (response.isSucceeded()) {
                    sum++;
                    modified = response.getHeader().getRevision();
                    return true;
                }
                KeyValue found = response.getGetResponses().get(0).getKvs().get(0);
                sum = Long.parseLong(found.getValue().toString(UTF_8));
                modified = found.getModRevision();
            }
        }

        @Override
        public long sum() throws ExecutionException, InterruptedException {
            return Long.parseLong(client.getKVClient()
                    .get(key)
                    .get()
                    .getKvs()
                    .get(0)
                    .getValue()
                    .toString(UTF_8));
        }
    }

    static DeleteOption prefix() {
        return DeleteOption.builder().isPrefix(true).build();
    }
}
