package io.sereno.spring.boot;

import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.ClassUtils;

/** Contexts with what the starter brings, as an application gets it: by the lists in the jars. */
final class Contexts {
    private Contexts() {}

    static ApplicationContextRunner withStarter() {
        return new ApplicationContextRunner().withConfiguration(starter());
    }

    static AutoConfigurations starter() {
        ClassLoader loader = Contexts.class.getClassLoader();
        return boot(StreamSupport.stream(
                        ImportCandidates.load(AutoConfiguration.class, loader).spliterator(), false)
                .filter(name -> name.startsWith("io.sereno."))
                .toArray(String[]::new));
    }

    private static AutoConfigurations boot(String... names) {
        return AutoConfigurations.of(Stream.of(names)
                .map(name -> ClassUtils.resolveClassName(name, Contexts.class.getClassLoader()))
                .toArray(Class<?>[]::new));
    }
}
