package io.sereno.compatibility;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/compatibility.md says of each interface who may implement it, and the comparison with a release knows the same. */
class CompatibilityPageTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..");
    private static final List<String> PACKAGES = List.of(
            "sereno-api/src/main/java/io/sereno",
            "sereno-api/src/main/java/io/sereno/operator",
            "sereno-api/src/main/java/io/sereno/spi",
            "sereno-backend-memory/src/main/java/io/sereno/backend/memory",
            "sereno-backend-etcd-jetcd/src/main/java/io/sereno/backend/etcd/jetcd",
            "sereno-simulation/src/main/java/io/sereno/simulation",
            "sereno-blocking/src/main/java/io/sereno/blocking",
            "sereno-junit/src/main/java/io/sereno/junit",
            "sereno-micrometer/src/main/java/io/sereno/micrometer",
            "sereno-shedlock/src/main/java/io/sereno/shedlock",
            "sereno-spring-integration/src/main/java/io/sereno/spring/integration",
            "sereno-spring/src/main/java/io/sereno/spring",
            "sereno-spring/src/main/java/io/sereno/spring/boot",
            "sereno-tck/src/main/java/io/sereno/tck");

    @Test
    void eachInterfaceIsForUsersOrForSerenoAlone() throws IOException {
        Set<String> users = forUsers();
        Set<String> sereno = names(section("All other interfaces", "## What may grow"));
        assertThat(users).doesNotContainAnyElementsOf(sereno);
        users.addAll(sereno);
        assertThat(interfaces("(?m)^ *(?:public )?interface (\\w+)")).isEqualTo(users);
    }

    @Test
    void eachSealedTypeMayGrow() throws IOException {
        assertThat(names(section("- A sealed type", "so a backend never sees")))
                .containsAll(interfaces("(?m)^public (?:abstract )?sealed (?:class|interface) (\\w+)"));
    }

    @Test
    void theComparisonWithAReleaseIsStricterForTheInterfacesOfUsers() throws IOException {
        assertThat(found(
                        "<include>io\\.sereno\\.[a-z.]*(?:\\w+\\$)?(\\w+)</include>",
                        Files.readString(ROOT.resolve("pom.xml"))))
                .isEqualTo(forUsers());
    }

    private static Set<String> forUsers() throws IOException {
        return names(section("- API: ", " `SerenoTck` is the only class"));
    }

    private static String section(String from, String to) throws IOException {
        String page = Files.readString(ROOT.resolve("docs/compatibility.md"));
        int start = page.indexOf(from);
        int end = page.indexOf(to, start);
        assertThat(start).as(from).isNotNegative();
        assertThat(end).as(to).isNotNegative();
        return page.substring(start, end);
    }

    /** The simple name of a nested type. */
    private static Set<String> names(String text) {
        return found("`(?:[A-Z]\\w+\\.)?([A-Z]\\w+)`", text);
    }

    private static Set<String> interfaces(String declaration) throws IOException {
        Set<String> names = new TreeSet<>();
        for (String each : PACKAGES) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(ROOT.resolve(each), "*.java")) {
                for (Path file : files) {
                    String source = Files.readString(file);
                    if (found("(?m)^public .*\\b(interface|class)\\b", source).isEmpty()) {
                        continue;
                    }
                    names.addAll(found(declaration, source));
                }
            }
        }
        return names;
    }

    private static Set<String> found(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(toCollection(TreeSet::new));
    }
}
