package io.sereno.recipes.connect;

import io.sereno.spi.BackendProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A class path with the classes of the tests, but with these backends alone. */
final class ServicePath extends URLClassLoader {
    private static final String SERVICES = "META-INF/services/";

    private ServicePath(URL[] urls) {
        super(urls, ServicePath.class.getClassLoader());
    }

    static ServicePath of(Path directory, Class<?>... providers) {
        try {
            Path file = directory.resolve(SERVICES + BackendProvider.class.getName());
            Files.createDirectories(file.getParent());
            Files.writeString(file, Stream.of(providers).map(Class::getName).collect(Collectors.joining("\n")));
            return new ServicePath(new URL[] {directory.toUri().toURL()});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As in an application server, where an application brings a jar of its own. */
    ServicePath definingItself(Class<?> type) {
        try (InputStream octets = type.getResourceAsStream(type.getName().replaceAll(".*\\.", "") + ".class")) {
            byte[] code = octets.readAllBytes();
            defineClass(type.getName(), code, 0, code.length, type.getProtectionDomain());
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        return name.startsWith(SERVICES) ? findResources(name) : super.getResources(name);
    }
}
