package io.sereno.backend.etcd;

import io.grpc.ManagedChannel;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The kit over channels of an application, one for each client. {@code -Psereno.thorough} runs it; {@link EtcdTckTest} tries every rule in every
 * build.
 */
@Tag("servers")
@Tag("thorough")
class ChannelTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new EtcdFixture(ChannelTckTest::open);
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "channel");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }

    private static Backend open(BackendConfig config) {
        ManagedChannel channel = OpenedChannel.to(config.endpoints().get(0)).build();
        try {
            return closing(EtcdBackends.over(channel, config), channel::shutdownNow);
        } catch (RuntimeException | Error e) {
            channel.shutdownNow();
            throw e;
        }
    }

    /** The channel ends with the backend, as it does when a process ends. */
    private static Backend closing(Backend backend, Runnable end) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (self, method, arguments) -> {
                    try {
                        return method.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        if (method.getName().equals("close")) {
                            end.run();
                        }
                    }
                });
    }
}
