package io.sereno.combinations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The published modules as this build compiled them, in a folder that is a Maven repository. Nothing is installed anywhere else, and nothing has
 * to be packaged before.
 */
final class StagedModules {
    static final Path ROOT = Path.of(System.getProperty("sereno.root"));
    static final String VERSION = System.getProperty("sereno.version");

    private static final List<String> JARS = List.of(
            "sereno-api",
            "sereno-recipes",
            "sereno-backend-memory",
            "sereno-backend-etcd",
            "sereno-backend-etcd-jetcd",
            "sereno-backend-redis",
            "sereno-backend-zookeeper",
            "sereno-micrometer",
            "sereno-blocking",
            "sereno-backend-postgresql",
            "sereno-shedlock",
            "sereno-spring-integration",
            "sereno-spring",
            "sereno-spring-boot3-starter",
            "sereno-spring-boot-starter",
            // For the tests of the backends.
            "sereno-simulation",
            "sereno-junit",
            "sereno-tck",
            "sereno-recipes-tests",
            "sereno-recipes-suite",
            "sereno-test-servers");
    private static final List<String> POMS = List.of("sereno-bom", "sereno-dependencies", "sereno-parent");

    private StagedModules() {}

    static void into(Path repository) {
        try {
            pom(repository, "sereno", ROOT.resolve("pom.xml"));
            for (String module : POMS) {
                pom(repository, module, ROOT.resolve(module).resolve("pom.xml"));
            }
            for (String module : JARS) {
                pom(repository, module, ROOT.resolve(module).resolve("pom.xml"));
                jar(ROOT.resolve(module).resolve("target/classes"), file(repository, module, "jar"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void pom(Path repository, String module, Path pom) throws IOException {
        Path staged = file(repository, module, "pom");
        Files.createDirectories(staged.getParent());
        Files.copy(pom, staged);
    }

    private static Path file(Path repository, String module, String kind) {
        return repository.resolve("io/sereno/" + module + "/" + VERSION + "/" + module + "-" + VERSION + "." + kind);
    }

    private static void jar(Path classes, Path target) throws IOException {
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(target));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                jar.putNextEntry(new JarEntry(classes.relativize(file)
                        .toString()
                        .replace(file.getFileSystem().getSeparator(), "/")));
                Files.copy(file, jar);
                jar.closeEntry();
            }
        }
    }
}
