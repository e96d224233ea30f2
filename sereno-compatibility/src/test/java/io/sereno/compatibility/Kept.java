package io.sereno.compatibility;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The builds that are kept. */
final class Kept {
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "kept");

    private Kept() {}

    /** The folders of all builds whose stores are kept. */
    static List<Path> builds() {
        try (Stream<Path> folders = Files.list(ROOT)) {
            List<Path> found = folders.filter(folder -> Files.exists(folder.resolve("spi.txt")))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new IllegalStateException("no build is kept in " + ROOT.toAbsolutePath());
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The jars of the former build that runs beside the present one. */
    static Path jars() {
        return Path.of(requireNonNull(System.getProperty("sereno.former.jars"), "sereno.former.jars is not set"));
    }
}
