package io.sereno;

import java.security.CodeSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** What sereno-recipes registers with ServiceLoader; not for applications. Lives here, not in spi, or the packages would form a cycle. */
public interface SerenoFactory {
    Sereno.Builder newBuilder();

    /** Looks with the context class loader, then Sereno's own; anything but one is a SerenoConfigurationException naming the jar to add, or both jars. */
    static SerenoFactory load() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ClassLoader own = SerenoFactory.class.getClassLoader();
        // By class: where one loader delegates to the other, both see the same one.
        Map<Class<?>, ServiceLoader.Provider<SerenoFactory>> found = new LinkedHashMap<>();
        try {
            if (context != null) {
                collect(context, found);
            }
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
            throw new SerenoConfigurationException("no implementation of the recipes on the class path; add the jar"
                    + " io.sereno:sereno-recipes, or a backend that brings it: sereno-backend-etcd,"
                    + " sereno-backend-zookeeper, sereno-backend-redis");
        }
        throw new SerenoConfigurationException(found.keySet().stream()
                .map(SerenoFactory::withOrigin)
                .collect(Collectors.joining(", ", "several implementations of the recipes, one is accepted: ", "")));
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
