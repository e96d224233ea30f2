package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SerenoFactoryTest {
    private final @Nullable ClassLoader before = Thread.currentThread().getContextClassLoader();

    @TempDir
    Path folder;

    @BeforeEach
    void noFactoryIsOnTheClassPathOfTheTests() {
        assertThat(SerenoFactory.class.getResource("/META-INF/services/" + SerenoFactory.class.getName()))
                .isNull();
    }

    @AfterEach
    void giveTheContextClassLoaderBack() {
        Thread.currentThread().setContextClassLoader(before);
    }

    @Test
    void withoutAFactoryTheErrorNamesTheJarToAdd() {
        assertThatThrownBy(SerenoFactory::load)
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("no implementation of the recipes on the class path; add the jar"
                        + " io.sereno:sereno-recipes");
    }

    @Test
    void theOnlyFactoryOfTheContextClassLoaderIsTaken() throws Exception {
        try (URLClassLoader context = loader(before, services("context", One.class))) {
            Thread.currentThread().setContextClassLoader(context);
            assertThat(SerenoFactory.load()).isInstanceOf(One.class);
        }
    }

    @Test
    void twoFactoriesAreRefusedByName() throws Exception {
        try (URLClassLoader context = loader(before, services("context", One.class, Two.class))) {
            Thread.currentThread().setContextClassLoader(context);
            assertThatThrownBy(SerenoFactory::load)
                    .isInstanceOf(SerenoConfigurationException.class)
                    .hasMessageStartingWith(
                            "several implementations of the recipes on the class path; one is accepted: ")
                    .hasMessageContaining(One.class.getName() + " in " + origin())
                    .hasMessageContaining(Two.class.getName() + " in " + origin());
        }
    }

    @Test
    void aFactoryThatCannotBeCreatedIsReportedWithItsCause() throws Exception {
        try (URLClassLoader context = loader(before, services("context", Broken.class))) {
            Thread.currentThread().setContextClassLoader(context);
            assertThatThrownBy(SerenoFactory::load)
                    .isInstanceOf(SerenoConfigurationException.class)
                    .hasMessageContaining(Broken.class.getName())
                    .hasMessageContaining("no licence for mornings")
                    .hasRootCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aMissingRegisteredClassIsReported() throws Exception {
        Path services = folder.resolve("context/META-INF/services");
        Files.createDirectories(services);
        Files.writeString(services.resolve(SerenoFactory.class.getName()), "io.sereno.Vanished\n");
        try (URLClassLoader context = loader(before, folder.resolve("context"))) {
            Thread.currentThread().setContextClassLoader(context);
            assertThatThrownBy(SerenoFactory::load)
                    .isInstanceOf(SerenoConfigurationException.class)
                    .hasMessageContaining("io.sereno.Vanished");
        }
    }

    /** An application container: the thread that asks knows nothing, Sereno's own loader does. */
    @Test
    void withoutAContextClassLoaderSerenosOwnIsUsed() throws Exception {
        try (URLClassLoader own = loader(null, classes(), testClasses(), services("own", One.class))) {
            Thread.currentThread().setContextClassLoader(null);
            assertThat(loadIn(own)).hasToString("One");
        }
    }

    @Test
    void aFactoryVisibleToBothLoadersCountsOnce() throws Exception {
        try (URLClassLoader own = loader(null, classes(), testClasses(), services("own", One.class));
                URLClassLoader context = loader(own)) {
            Thread.currentThread().setContextClassLoader(context);
            assertThat(loadIn(own)).hasToString("One");
        }
    }

    @Test
    void aFactoryOfEachLoaderMakesTwo() throws Exception {
        try (URLClassLoader own = loader(null, classes(), testClasses(), services("own", One.class));
                URLClassLoader context = new HidingLoader(services("context", Two.class), own)) {
            Thread.currentThread().setContextClassLoader(context);
            assertThatThrownBy(() -> loadIn(own))
                    .hasMessageContaining("several implementations of the recipes on the class path; one is accepted: "
                            + Two.class.getName())
                    .hasMessageContaining(", " + One.class.getName());
        }
    }

    @Test
    void aContextClassLoaderWithoutAFactoryHidesNone() throws Exception {
        try (URLClassLoader own = loader(null, classes(), testClasses(), services("own", One.class));
                URLClassLoader context = loader(null)) {
            Thread.currentThread().setContextClassLoader(context);
            assertThat(loadIn(own)).hasToString("One");
        }
    }

    private static URLClassLoader loader(@Nullable ClassLoader parent, Path... folders) throws IOException {
        URL[] urls = new URL[folders.length];
        for (int i = 0; i < folders.length; i++) {
            urls[i] = folders[i].toUri().toURL();
        }
        return new URLClassLoader(urls, parent);
    }

    private Path services(String name, Class<?>... factories) throws IOException {
        Path services = folder.resolve(name).resolve("META-INF/services");
        Files.createDirectories(services);
        StringBuilder lines = new StringBuilder();
        for (Class<?> factory : factories) {
            lines.append(factory.getName()).append('\n');
        }
        Files.writeString(services.resolve(SerenoFactory.class.getName()), lines);
        return folder.resolve(name);
    }

    private static Path classes() throws Exception {
        return Path.of(SerenoFactory.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }

    private static Path testClasses() throws Exception {
        return Path.of(origin().toURI());
    }

    private static URL origin() {
        return SerenoFactoryTest.class.getProtectionDomain().getCodeSource().getLocation();
    }

    /** The answer of load() in the copy of the API that this loader made. */
    private static Object loadIn(ClassLoader loader) throws ReflectiveOperationException {
        try {
            return loader.loadClass(SerenoFactory.class.getName())
                    .getMethod("load")
                    .invoke(null);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Takes classes from its parent, and hides the parent's resources, as containers do. */
    private static final class HidingLoader extends URLClassLoader {
        HidingLoader(Path folder, ClassLoader parent) throws IOException {
            super(new URL[] {folder.toUri().toURL()}, parent);
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            return findResources(name);
        }
    }

    /** A factory that is found and never used. */
    public abstract static class Found implements SerenoFactory {
        @Override
        public Sereno.Builder newBuilder() {
            throw new AssertionError("a test of loading asks for no builder");
        }

        @Override
        public String toString() {
            return getClass().getSimpleName();
        }
    }

    public static final class One extends Found {}

    public static final class Two extends Found {}

    public static final class Broken extends Found {
        public Broken() {
            throw new IllegalStateException("no licence for mornings");
        }
    }
}
