package io.sereno.benchmarks.redisson;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.sereno.benchmarks.worker.Peer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RAtomicLong;
import org.redisson.api.RBucket;
import org.redisson.api.RCountDownLatch;
import org.redisson.api.RLock;
import org.redisson.api.RPermitExpirableSemaphore;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.LongCodec;
import org.redisson.config.Config;
import org.redisson.config.SingleServerConfig;

/** Redisson with its defaults, but for the time after which the lock of a dead client ends. */
public final class RedissonSystem implements Peer.Connector {
    private @Nullable EventLoopGroup loops;
    private @Nullable ExecutorService threads;

    @Override
    public Peer connect(Peer.Target target) {
        Config config = new Config();
        config.setLockWatchdogTimeout(target.ttl().toMillis());
        SingleServerConfig server = config.useSingleServer().setAddress("redis://" + target.authority());
        if (target.many()) {
            share(config, server);
        }
        return new Client(Redisson.create(config), target.subject());
    }

    /** By default, each client has 48 threads and 25 connections. */
    private synchronized void share(Config config, SingleServerConfig server) {
        if (loops == null) {
            loops = new MultiThreadIoEventLoopGroup(4, NioIoHandler.newFactory());
            threads = Executors.newCachedThreadPool();
        }
        config.setEventLoopGroup(loops).setExecutor(threads);
        server.setConnectionMinimumIdleSize(1).setConnectionPoolSize(2).setSubscriptionConnectionPoolSize(2);
    }

    private record Client(RedissonClient client, String subject) implements Peer {
        private RLock named(String name) {
            return switch (subject) {
                case "RFairLock" -> client.getFairLock(name);
                case "RReadWriteLock" -> client.getReadWriteLock(name).writeLock();
                case "RedissonMultiLock" ->
                    client.getMultiLock(
                            client.getLock(name + "/a"), client.getLock(name + "/b"), client.getLock(name + "/c"));
                default -> client.getLock(name);
            };
        }

        @Override
        public Lock lock(String name) {
            if (subject.equals("RPermitExpirableSemaphore")) {
                return permit(name, 1);
            }
            RLock lock = named(name);
            return new Lock() {
                @Override
                public long acquire() {
                    lock.lock();
                    return 0;
                }

                @Override
                public void release() {
                    lock.unlock();
                }

                @Override
                public boolean held() {
                    return lock.isHeldByCurrentThread();
                }
            };
        }

        @Override
        public Lock permit(String name, int limit) {
            RPermitExpirableSemaphore permits = client.getPermitExpirableSemaphore(name);
            permits.trySetPermits(limit);
            return new OnePermit(permits);
        }

        /** Redisson has no election; its lock is what users take. */
        @Override
        public Candidate candidate(String election) {
            RLock lock = named(election);
            return new Candidate() {
                @Override
                public void lead() {
                    lock.lock();
                }

                @Override
                public void resign() {
                    lock.unlock();
                }
            };
        }

        @Override
        public Tally tally(String name) {
            if (subject.equals("RBucket")) {
                return bucket(client.getBucket(name, LongCodec.INSTANCE));
            }
            RAtomicLong value = client.getAtomicLong(name);
            return new Tally() {
                @Override
                public boolean add() {
                    value.incrementAndGet();
                    return true;
                }

                @Override
                public CompletionStage<?> addAsync() {
                    return value.incrementAndGetAsync();
                }

                @Override
                public long sum() {
                    return value.get();
                }
            };
        }

        private static Tally bucket(RBucket<Long> bucket) {
            return new Tally() {
                @Override
                public boolean add() {
                    while (true) {
                        Long before = bucket.get();
                        if (bucket.compareAndSet(before, before == null ? 1 : before + 1)) {
                            return true;
                        }
                    }
                }

                @Override
                public long sum() {
                    Long value = bucket.get();
                    return value == null ? 0 : value;
                }
            };
        }

        @Override
        public Channel channel(String name, int kept) {
            RTopic topic = client.getTopic(name, ByteArrayCodec.INSTANCE);
            return new Channel() {
                @Override
                public CompletionStage<?> publish(byte[] payload) {
                    return topic.publishAsync(payload);
                }

                @Override
                public AutoCloseable subscribe(Consumer<byte[]> listener) {
                    int id = topic.addListener(byte[].class, (channel, message) -> listener.accept(message));
                    return () -> topic.removeListener(id);
                }

                @Override
                public void delete() {}
            };
        }

        @Override
        public Meeting meeting(String name) {
            RCountDownLatch latch = client.getCountDownLatch(name);
            return new Meeting() {
                @Override
                public void open(int parties, int round) {
                    if (!latch.trySetCount(parties)) {
                        throw new IllegalStateException("the round before is not over");
                    }
                }

                @Override
                public void meet(int parties, int round) throws InterruptedException {
                    latch.countDown();
                    latch.await();
                }
            };
        }
    }

    private static final class OnePermit implements Peer.Lock {
        private final RPermitExpirableSemaphore permits;
        private @Nullable String id;

        OnePermit(RPermitExpirableSemaphore permits) {
            this.permits = permits;
        }

        @Override
        public long acquire() throws InterruptedException {
            id = permits.acquire();
            return 0;
        }

        @Override
        public void release() {
            permits.release(id);
            id = null;
        }

        @Override
        public boolean held() {
            return id != null;
        }
    }
}
