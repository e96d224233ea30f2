package io.sereno.recipes.connect;

import io.sereno.Sereno;
import io.sereno.recipes.connect.Probe.ProbeProvider;
import io.sereno.spi.Backend;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of a builder for which the {@link Probe} is the only provider, and which connects to nothing. */
abstract class WithTheProbe {
    @TempDir
    Path directory;

    /** The backends that clients were made over. */
    final List<Backend> used = new ArrayList<>();
    /** Whether each of these clients closes its backend. */
    final List<Boolean> closes = new ArrayList<>();

    final ClassLoader contextLoader = Thread.currentThread().getContextClassLoader();
    final Sereno client = (Sereno) Proxy.newProxyInstance(
            Sereno.class.getClassLoader(), new Class<?>[] {Sereno.class}, (proxy, method, arguments) -> {
                throw new AssertionError("no recipe is expected");
            });

    @BeforeEach
    void onlyTheProbe() throws IOException {
        Probe.reset();
        Thread.currentThread()
                .setContextClassLoader(
                        ServicePath.of(Files.createDirectories(directory.resolve("backends")), ProbeProvider.class));
    }

    @AfterEach
    void restore() {
        Thread.currentThread().setContextClassLoader(contextLoader);
    }

    SerenoBuilder builder() {
        return new SerenoBuilder(
                (settings, backend, closesBackend) -> {
                    used.add(backend);
                    closes.add(closesBackend);
                    return client;
                },
                Map.of("HOSTNAME", "host-1"));
    }
}
