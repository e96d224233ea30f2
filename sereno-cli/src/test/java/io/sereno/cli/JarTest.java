package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** What {@code target/sereno.jar} contains. */
class JarTest {
    private static final String LICENSES = "META-INF/licenses/";

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
        Set<String> inside = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("target/libraries.txt"))) {
            String[] words = line.strip().split(":", -1);
            if (words.length > 3 && !words[0].equals("io.sereno")) {
                inside.add(words[0] + ":" + words[1]);
            }
        }
        assertThat(inside).hasSizeGreaterThan(30);
        assertThat(licences.keySet()).isEqualTo(inside);
        for (String licence : new TreeSet<>(licences.values())) {
            assertThat(text(LICENSES + licence + ".txt")).hasSizeGreaterThan(500);
        }
    }

    /** Each of these jars has a file of that name, and a plain copy would keep one of them. */
    @Test
    void theNoticesOfAllLibrariesAreThere() throws IOException {
        String notices = text("META-INF/NOTICE") + text("META-INF/NOTICE.txt");
        assertThat(notices)
                .contains("Curator Framework", "Curator Client", "Audience Annotations", "Apache Commons IO");
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

    private String text(String name) throws IOException {
        assertThat(jar.getEntry(name)).as(name).isNotNull();
        try (InputStream in = jar.getInputStream(jar.getEntry(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
