package io.sereno.suite;

import io.sereno.spi.Backend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Runs of the kit over a client that belongs to the application: a backend does not close it, so the kit's fixture has to. */
public final class ApplicationsClient {
    private ApplicationsClient() {}

    /**
     * The same backend, with a client that ends with it, as it does when a process ends.
     *
     * @param backend over the client
     * @param end closes the client
     * @return a backend that runs {@code end} after each call of {@link Backend#close()}
     */
    public static Backend endingWith(Backend backend, Runnable end) {
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
