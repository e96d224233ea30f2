package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.testservers.RedisCluster;
import io.sereno.testservers.TestServer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Servers for the kit, started when they are needed. */
final class RedisFixture implements BackendFixture {
    private final Supplier<? extends TestServer> starting;
    private final Map<String, String> parameters;
    private final Function<BackendConfig, Backend> opener;
    private @Nullable TestServer running;

    RedisFixture(Map<String, String> parameters, Supplier<? extends TestServer> starting) {
        this(parameters, starting, config -> new RedisBackendProvider().open(config));
    }

    RedisFixture(
            Map<String, String> parameters,
            Supplier<? extends TestServer> starting,
            Function<BackendConfig, Backend> opener) {
        this.parameters = parameters;
        this.starting = starting;
        this.opener = opener;
    }

    @Override
    public Backend connect(BackendConfig config) {
        return opener.apply(config);
    }

    @Override
    public String scheme() {
        return "redis";
    }

    @Override
    public Map<String, String> parameters() {
        return parameters;
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return running().endpoints();
    }

    /** But for the one member that each key keeps, in every namespace. */
    @Override
    public OptionalLong stored(String namespace) {
        String[] keys = Script.of(namespace).keys();
        TestServer servers = running();
        InetSocketAddress master = (servers instanceof RedisCluster cluster ? cluster.master(keys[0]) : servers)
                .endpoints()
                .get(0);
        RedisClient client = RedisClient.create(RedisURI.create(master.getHostString(), master.getPort()));
        try {
            RedisCommands<String, String> redis = client.connect().sync();
            return OptionalLong.of(redis.hlen(keys[1]) + redis.zcard(keys[2]) + redis.zcard(keys[4]) - 3);
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @Override
    public Optional<ServerControl> server() {
        TestServer servers = running();
        return Optional.of(new ServerControl() {
            @Override
            public Set<Ability> abilities() {
                return Set.of(Ability.PAUSE, Ability.RESTART, Ability.RESTORE);
            }

            @Override
            public void pause() {
                servers.pause();
            }

            @Override
            public void resume() {
                servers.resume();
            }

            @Override
            public void kill() {
                servers.kill();
            }

            @Override
            public void restart() {
                servers.restart();
            }

            @Override
            public void backup() {
                servers.backup();
            }

            @Override
            public void restore() {
                servers.restore();
            }
        });
    }

    private synchronized TestServer running() {
        TestServer servers = running;
        if (servers == null) {
            servers = starting.get();
            running = servers;
        }
        return servers;
    }

    @Override
    public synchronized void close() {
        if (running != null) {
            running.close();
        }
    }
}
