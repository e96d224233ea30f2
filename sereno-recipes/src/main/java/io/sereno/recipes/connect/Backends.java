package io.sereno.recipes.connect;

import io.sereno.SerenoConfigurationException;
import io.sereno.spi.BackendProvider;
import java.net.URL;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The backends on the class path or module path. */
final class Backends {
    /** The schemes of the jars sereno-backend-SCHEME, for errors that name the jar to add. */
    private static final Set<String> SHIPPED =
            new TreeSet<>(Set.of("etcd", "memory", "postgresql", "redis", "zookeeper"));

    private final List<BackendProvider> found;

    private Backends(List<BackendProvider> found) {
        this.found = found;
    }

    /**
     * Finds the backends that the context class loader or the loader of this class sees: one may know the application's jars, the other
     * Sereno's.
     */
    static Backends find() {
        return find(Thread.currentThread().getContextClassLoader(), Backends.class.getClassLoader());
    }

    static Backends find(@Nullable ClassLoader context, @Nullable ClassLoader own) {
        // By class: if one loader delegates to the other, both see the same backend.
        Map<Class<?>, BackendProvider> found = new LinkedHashMap<>();
        try {
            for (ClassLoader loader : Arrays.asList(context, own)) {
                ServiceLoader.load(BackendProvider.class, loader).stream()
                        .forEach(backend -> found.computeIfAbsent(backend.type(), type -> backend.get()));
            }
        } catch (ServiceConfigurationError e) {
            throw new SerenoConfigurationException("a backend cannot be loaded: " + e.getMessage(), e);
        }
        return new Backends(List.copyOf(found.values()));
    }

    BackendProvider forScheme(String scheme) {
        List<BackendProvider> fitting =
                found.stream().filter(b -> b.schemes().contains(scheme)).toList();
        return switch (fitting.size()) {
            case 1 -> fitting.get(0);
            case 0 ->
                throw new SerenoConfigurationException(
                        "no backend for the scheme '" + scheme + "'. Found: " + describe(found) + ". Add "
                                + (SHIPPED.contains(scheme)
                                        ? "io.sereno:sereno-backend-" + scheme
                                        : "the jar of a backend for it; Sereno's own are for " + SHIPPED));
            default ->
                throw new SerenoConfigurationException("several backends for the scheme '" + scheme + "': "
                        + describe(fitting) + ". Leave one of them on the class path");
        };
    }

    /** The default address of the only backend that has one. */
    String defaultUri() {
        List<BackendProvider> addressed =
                found.stream().filter(b -> b.defaultUri().isPresent()).toList();
        if (addressed.size() != 1) {
            throw new SerenoConfigurationException("no URI was given (by uri(...), -Dsereno.uri or SERENO_URI) and "
                    + (addressed.isEmpty() ? "no backend with a default address was" : "several backends were")
                    + " found: " + describe(addressed.isEmpty() ? found : addressed)
                    + (addressed.isEmpty()
                            ? ". Add a backend such as io.sereno:sereno-backend-etcd, or name a URI;"
                                    + " memory: is never the default, because every process would have a store of its own"
                            : ". Name a URI, or leave one of them on the class path"));
        }
        return addressed.get(0).defaultUri().orElseThrow();
    }

    private static String describe(List<BackendProvider> backends) {
        return backends.isEmpty()
                ? "none"
                : backends.stream().map(Backends::describe).collect(Collectors.joining(", "));
    }

    private static String describe(BackendProvider backend) {
        CodeSource source = backend.getClass().getProtectionDomain().getCodeSource();
        URL jar = source == null ? null : source.getLocation();
        return new TreeSet<>(backend.schemes()) + " " + backend.getClass().getName() + " in "
                + (jar == null ? "an unknown place" : jar);
    }
}
