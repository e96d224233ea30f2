package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code target/sereno.jar} contains. */
class JarTest {
    private static final String LICENSES = "META-INF/licenses/";

    private static final Pattern TEXT =
            Pattern.compile("(.*/)?(NOTICE|LICEN[CS]E|COPYING)[^/]*(?<!\\.class)", Pattern.CASE_INSENSITIVE);
    /** Group and name of a project. */
    private static final Pattern COPY = Pattern.compile(
            "META-INF/maven/([^/]+)/([^/]+)/pom.properties|META-INF/licenses/([^/]+)/([^/]+)-[0-9.]+/.*[^/]");

    private final JarFile jar = new JarFile("target/sereno.jar");

    JarTest() throws IOException {}

    /** The list names each library that is inside, and no other, and the text of each licence is there. */
    @Test
    void eachLibraryInsideHasItsLicence() throws IOException {
        TreeMap<String, String> licences = new TreeMap<>();
        text(LICENSES + "THIRD-PARTY.txt")
                .lines()
                .filter(line -> line.matches("\\S+ \\S+:\\S+"))
                .forEach(line -> licences.put(line.split(" ", 2)[1], line.split(" ", 2)[0]));
        Set<String> inside = libraries().keySet();
        assertThat(inside).hasSizeGreaterThan(30);
        assertThat(licences.keySet()).isEqualTo(inside);
        for (String licence : new TreeSet<>(licences.values())) {
            assertThat(text(LICENSES + licence + ".txt")).hasSizeGreaterThan(500);
        }
    }

    /** Files of many libraries have the same name, and a plain copy would keep one of them. */
    @Test
    void eachNoticeAndLicenceOfALibraryIsThere() throws IOException {
        StringBuilder shipped = new StringBuilder();
        for (String name : names(jar, TEXT)) {
            shipped.append(words(text(jar, name))).append(' ');
        }
        int found = 0;
        for (Path library : libraries().values()) {
            try (JarFile inside = new JarFile(library.toFile())) {
                for (String name : names(inside, TEXT)) {
                    assertThat(shipped.indexOf(words(text(inside, name))))
                            .as("where the text of %s in %s is", name, library)
                            .isNotNegative();
                    found++;
                }
            }
        }
        assertThat(found).isGreaterThan(10);
    }

    /** Of some libraries the jar contains copies of others, and says so by the files that those had. */
    @Test
    void whatLibrariesContainIsNamed() throws IOException {
        Set<String> named = new TreeSet<>();
        text(LICENSES + "THIRD-PARTY.txt")
                .lines()
                .filter(line -> line.matches("\\S+ \\S+:\\S+ in \\S+:\\S+"))
                .forEach(line -> named.add(line.split(" ", 2)[1]));
        Set<String> contained = new TreeSet<>();
        for (Map.Entry<String, Path> library : libraries().entrySet()) {
            try (JarFile inside = new JarFile(library.getValue().toFile())) {
                for (String name : names(inside, COPY)) {
                    Matcher copy = COPY.matcher(name);
                    assertThat(copy.matches()).isTrue();
                    String project = copy.group(1) == null
                            ? copy.group(3) + ":" + copy.group(4)
                            : copy.group(1) + ":" + copy.group(2);
                    if (!project.equals(library.getKey())) {
                        contained.add(project + " in " + library.getKey());
                    }
                }
            }
        }
        assertThat(contained).hasSizeGreaterThan(5);
        assertThat(named).containsAll(contained);
    }

    /** A jar with one file of each service would have one store. */
    @Test
    void theServicesOfAllLibrariesAreThere() throws IOException {
        assertThat(text("META-INF/services/io.sereno.spi.BackendProvider")
                        .lines()
                        .distinct())
                .hasSize(4);
        assertThat(text("META-INF/services/io.grpc.LoadBalancerProvider")
                        .lines()
                        .distinct())
                .hasSizeGreaterThan(1);
        assertThat(text("META-INF/services/io.grpc.NameResolverProvider")).contains("DnsNameResolverProvider");
    }

    /** The file of each library. */
    private static Map<String, Path> libraries() throws IOException {
        Map<String, Path> libraries = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("target/libraries.txt"))) {
            // Group, name, type, version, scope, file, and perhaps the name of the module.
            String[] words = line.strip().split(" -- ", 2)[0].split(":", 6);
            if (words.length > 5 && !words[0].equals("io.sereno")) {
                libraries.put(words[0] + ":" + words[1], Path.of(words[5]));
            }
        }
        return libraries;
    }

    private static Set<String> names(JarFile jar, Pattern pattern) {
        return jar.stream()
                .map(JarEntry::getName)
                .filter(name -> pattern.matcher(name).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String words(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }

    private String text(String name) throws IOException {
        return text(jar, name);
    }

    private static String text(JarFile jar, String name) throws IOException {
        assertThat(jar.getEntry(name)).as(name).isNotNull();
        try (InputStream in = jar.getInputStream(jar.getEntry(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
