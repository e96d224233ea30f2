package io.sereno.benchmarks.systems;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.sereno.benchmarks.worker.Peer;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Lettuce alone: what the requests of an operation cost at least. Each request is a script, as atomic changes of more than one key are. */
public final class RawRedis implements Peer.Connector {
    private static final String ACQUIRE = "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0";
    private static final String RELEASE =
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
    private static final String ADD = "return redis.call('INCR', KEYS[1])";
    private static final String PUBLISH = "redis.call('XADD', KEYS[1], 'MAXLEN', '~', 1000000, '*', 'm', ARGV[1]) "
            + "return redis.call('PUBLISH', KEYS[1], ARGV[1])";

    @Override
    public Peer connect(Peer.Target target) {
        RedisClient client = RedisClient.create("redis://" + target.authority());
        return new Client(
                client, client.connect(ByteArrayCodec.INSTANCE), target.ttl().toMillis());
    }

    private record Client(RedisClient client, StatefulRedisConnection<byte[], byte[]> connection, long ttl)
            implements Peer {
        private Script script(String text, String key) {
            return new Script(connection, connection.sync().scriptLoad(text.getBytes(UTF_8)), key.getBytes(UTF_8));
        }

        @Override
        public Lock lock(String name) {
            Script acquire = script(ACQUIRE, name);
            Script release = script(RELEASE, name);
            byte[] owner = UUID.randomUUID().toString().getBytes(UTF_8);
            byte[] millis = String.valueOf(ttl).getBytes(UTF_8);
            return new Lock() {
                private boolean held;

                @Override
                public long acquire() throws Exception {
                    held = acquire.run(owner, millis).toCompletableFuture().get() == 1;
                    if (!held) {
                        throw new IllegalStateException("the bare client has no queue");
                    }
                    return 0;
                }

                @Override
                public void release() throws Exception {
                    release.run(owner).toCompletableFuture().get();
                    held = false;
                }

                @Override
                public boolean held() {
                    return held;
                }
            };
        }

        @Override
        public Tally tally(String name) {
            Script add = script(ADD, name);
            return new Tally() {
                @Override
                public boolean add() throws Exception {
                    return add.run().toCompletableFuture().get() > 0;
                }

                @Override
                public long sum() {
                    byte[] sum = connection.sync().get(name.getBytes(UTF_8));
                    return sum == null ? 0 : Long.parseLong(new String(sum, UTF_8));
                }
            };
        }

        @Override
        public Channel channel(String name, int kept) {
            Script publish = script(PUBLISH, name);
            return new Channel() {
                @Override
                public CompletionStage<?> publish(byte[] payload) {
                    return publish.run(payload);
                }

                @Override
                public AutoCloseable subscribe(Consumer<byte[]> listener) {
                    StatefulRedisPubSubConnection<byte[], byte[]> subscriber =
                            client.connectPubSub(ByteArrayCodec.INSTANCE);
                    subscriber.addListener(new RedisPubSubAdapter<>() {
                        @Override
                        public void message(byte[] channel, byte[] message) {
                            listener.accept(message);
                        }
                    });
                    subscriber.sync().subscribe(name.getBytes(UTF_8));
                    return subscriber;
                }

                @Override
                public void delete() {
                    connection.sync().del(name.getBytes(UTF_8));
                }
            };
        }
    }

    private static final class Script {
        private final StatefulRedisConnection<byte[], byte[]> connection;
        private final String digest;
        private final byte[] key;

        Script(StatefulRedisConnection<byte[], byte[]> connection, String digest, byte[] key) {
            this.connection = connection;
            this.digest = digest;
            this.key = key;
        }

        CompletionStage<Long> run(byte[]... arguments) {
            return connection.async().evalsha(digest, ScriptOutputType.INTEGER, new byte[][] {key}, arguments);
        }
    }
}
