package io.sereno.backend.etcd.jetcd;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.options.GetOption;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.testservers.EtcdServer;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A server for the kit, started when it is needed. */
final class JetcdFixture implements BackendFixture, ServerControl {
    /** Not in the second JVM, which connects to the first one's. */
    private @Nullable EtcdServer started;

    private final Function<BackendConfig, Backend> opener;

    JetcdFixture(Function<BackendConfig, Backend> opener) {
        this.opener = opener;
    }

    private EtcdServer etcd() {
        if (started == null) {
            started = EtcdServer.start();
        }
        return started;
    }

    @Override
    public Backend connect(BackendConfig config) {
        return opener.apply(config);
    }

    @Override
    public String scheme() {
        return "etcd";
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return List.of(etcd().endpoint());
    }

    @Override
    public OptionalLong stored(String namespace) {
        String prefix = namespace.replace("%", "%25").replace(":", "%3A") + ":";
        try (Client outsider = Jetcd.to(etcd().endpoint()).build()) {
            return OptionalLong.of(outsider.getKVClient()
                    .get(
                            Jetcd.bytes(prefix),
                            GetOption.builder()
                                    .isPrefix(true)
                                    .withCountOnly(true)
                                    .build())
                    .join()
                    .getCount());
        }
    }

    @Override
    public Optional<ServerControl> server() {
        return Optional.of(this);
    }

    @Override
    public Set<Ability> abilities() {
        return EnumSet.allOf(Ability.class);
    }

    @Override
    public void pause() {
        etcd().pause();
    }

    @Override
    public void resume() {
        etcd().resume();
    }

    @Override
    public void kill() {
        etcd().kill();
    }

    @Override
    public void restart() {
        etcd().restart();
    }

    @Override
    public void backup() {
        etcd().backup();
    }

    @Override
    public void restore() {
        etcd().restore();
    }

    @Override
    public void compact() {
        etcd().compact();
    }

    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}
