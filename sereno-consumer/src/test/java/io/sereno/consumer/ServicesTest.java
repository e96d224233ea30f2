package io.sereno.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.SerenoFactory;
import io.sereno.spi.BackendProvider;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The module path reads {@code provides}, the class path reads META-INF/services: both have to say the same. */
class ServicesTest {
    private static final String SERVICES = "META-INF/services/";

    static List<ModuleReference> modules() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .flatMap(entry -> ModuleFinder.of(Path.of(entry)).findAll().stream())
                .filter(module -> module.descriptor().name().startsWith("io.sereno"))
                .filter(module -> !module.descriptor().isAutomatic())
                .toList();
    }

    @Test
    void theModulesThatProvideSomethingAreAmongThoseCompared() {
        assertThat(modules())
                .extracting(module -> module.descriptor().name())
                .contains("io.sereno", "io.sereno.recipes", "io.sereno.backend.memory");
        assertThat(modules())
                .flatExtracting(module -> provided(module.descriptor()).keySet())
                .contains(SerenoFactory.class.getName(), BackendProvider.class.getName());
    }

    @ParameterizedTest
    @MethodSource("modules")
    void bothPathsFindTheSameProviders(ModuleReference module) throws IOException {
        assertThat(listed(module)).isEqualTo(provided(module.descriptor()));
    }

    private static Map<String, Set<String>> provided(ModuleDescriptor descriptor) {
        return descriptor.provides().stream()
                .collect(Collectors.toMap(ModuleDescriptor.Provides::service, p -> new TreeSet<>(p.providers())));
    }

    private static Map<String, Set<String>> listed(ModuleReference module) throws IOException {
        Map<String, Set<String>> services = new TreeMap<>();
        try (ModuleReader reader = module.open();
                Stream<String> resources = reader.list()) {
            resources
                    .filter(name -> name.startsWith(SERVICES) && !name.endsWith("/"))
                    .forEach(name -> services.put(name.substring(SERVICES.length()), lines(reader, name)));
        }
        return services;
    }

    private static Set<String> lines(ModuleReader reader, String resource) {
        try (InputStream octets = reader.open(resource).orElseThrow()) {
            return new String(octets.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
