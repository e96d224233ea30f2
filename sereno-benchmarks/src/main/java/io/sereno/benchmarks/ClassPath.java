package io.sereno.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The jars of a contestant, as Maven resolved them for its module, and the harness. */
record ClassPath(List<Path> jars, List<Path> harness) {
    static ClassPath of(Contestant contestant) {
        Path target = Path.of(contestant.module(), "target");
        Path file = target.resolve("runtime.classpath");
        if (!Files.exists(file)) {
            throw new IllegalStateException(file + " is missing; sereno-benchmarks/run makes it");
        }
        List<Path> jars = new ArrayList<>();
        try (Stream<Path> built = Files.list(target)) {
            built.filter(path ->
                            path.toString().endsWith(".jar") && !path.toString().matches(".*-(sources|javadoc)[.]jar"))
                    .forEach(jars::add);
            entries(Files.readString(file).strip()).forEach(jars::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!contestant.bringsSereno()) {
            jars.removeIf(jar -> jar.getFileName().toString().startsWith("sereno-"));
        }
        List<Path> harness = entries(System.getProperty("java.class.path"))
                .filter(path -> path.toString().contains("HdrHistogram") || path.endsWith(Path.of("target", "classes")))
                .toList();
        return new ClassPath(jars, harness);
    }

    private static Stream<Path> entries(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator, -1)).map(Path::of);
    }

    /** The jars that the system's users have; the adapter of a peer is not one of them. */
    private List<Path> own() {
        return jars.stream()
                .filter(jar -> !jar.getFileName().toString().startsWith("sereno-benchmarks"))
                .toList();
    }

    int count() {
        return own().size();
    }

    long bytes() {
        return own().stream().map(Path::toFile).mapToLong(File::length).sum();
    }

    @Override
    public String toString() {
        return String.join(
                File.pathSeparator,
                Stream.concat(jars.stream(), harness.stream())
                        .map(Path::toString)
                        .toList());
    }
}
