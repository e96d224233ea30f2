package io.sereno;

import java.security.CodeSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * Makes {@link Sereno.Builder}s. The implementation of the recipes registers it with {@link ServiceLoader}. Not for
 * applications, which use {@link Sereno#builder()}.
 *
 * <p>Implementations have a public constructor without arguments that does no I/O.
 */
public interface SerenoFactory {
    /**
     * Makes a builder with the defaults.
     *
     * @return a new builder
     */
    Sereno.Builder newBuilder();

    /**
     * Looks for the implementation with the context class loader of this thread and with the loader of this interface.
     * An implementation that both see counts once.
     *
     * @return the only implementation
     * @throws SerenoConfigurationException if there is none, naming the jar to add; if there are several, naming each
     *     and its jar; or if the one cannot be loaded, saying why
     */
    static SerenoFactory load() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ClassLoader own = SerenoFactory.class.getClassLoader();
        // Keyed by class: if one loader delegates to the other, both find the same class.
        Map<Class<?>, ServiceLoader.Provider<SerenoFactory>> found = new LinkedHashMap<>();
        try {
            collect(context, found);
            if (own != context) {
                collect(own, found);
            }
            if (found.size() == 1) {
                return found.values().iterator().next().get();
            }
        } catch (ServiceConfigurationError e) {
            String cause = e.getCause() == null ? "" : ": " + e.getCause();
            throw new SerenoConfigurationException(
                    "the implementation of the recipes cannot be loaded: " + e.getMessage() + cause, e);
        }
        if (found.isEmpty()) {
            throw new SerenoConfigurationException(
                    "no implementation of the recipes on the class path; add the jar"
                            + " io.sereno:sereno-recipes, or a backend that brings it: sereno-backend-etcd,"
                            + " sereno-backend-zookeeper, sereno-backend-redis, sereno-backend-postgresql, sereno-backend-memory");
        }
        throw new SerenoConfigurationException(found.keySet().stream()
                .map(SerenoFactory::withOrigin)
                .collect(Collectors.joining(
                        ", ", "several implementations of the recipes on the class path; one is accepted: ", "")));
    }

    private static void collect(ClassLoader loader, Map<Class<?>, ServiceLoader.Provider<SerenoFactory>> found) {
        ServiceLoader.load(SerenoFactory.class, loader).stream()
                .forEach(provider -> found.putIfAbsent(provider.type(), provider));
    }

    private static String withOrigin(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return type.getName() + (source == null ? "" : " in " + source.getLocation());
    }
}
