package io.sereno.backend.etcd.jetcd;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Tag;

/** The kit over jetcd clients, one for each client of Sereno. {@code -Psereno.thorough} runs it. */
@Tag("servers")
@Tag("thorough")
class BridgeTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new JetcdFixture(BridgeTckTest::open);
    }

    @Override
    protected Grade leastGrade() {
        return Grade.CORE_AND_FAULTS;
    }

    private static Backend open(BackendConfig config) {
        ClientBuilder builder = Jetcd.to(config.endpoints());
        JetcdBridge bridge = JetcdBridge.install(builder);
        Client client = builder.build();
        try {
            return closing(bridge.open(client, config), client);
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }

    /** The client ends with the backend, as it does when a process ends. */
    private static Backend closing(Backend backend, Client client) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (self, method, arguments) -> {
                    try {
                        return method.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        if (method.getName().equals("close")) {
                            client.close();
                        }
                    }
                });
    }
}
