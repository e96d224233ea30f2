package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The commands of the documents run tests that exist. {@code -Dsurefire.failIfNoSpecifiedTests=false}, which they need, would
 * hide that a command runs nothing.
 */
class DocumentedCommandsTest {
    private static final Pattern COMMAND = Pattern.compile("^mvn .*-pl (\\S+) .*-Dtest='?([^' ]+)", Pattern.MULTILINE);

    @Test
    void aCommandRunsATestOfItsModule() throws IOException {
        int commands = 0;
        for (Path document : documents()) {
            Matcher command = COMMAND.matcher(Files.readString(document));
            while (command.find()) {
                List<String> classes = testClasses(Path.of("..", command.group(1), "src", "test", "java"));
                for (String test : command.group(2).split(",", -1)) {
                    if (!test.startsWith("!") && !test.contains("/") && !test.contains("**")) {
                        assertThat(classes)
                                .as("%s: %s", document, command.group())
                                .anyMatch(name -> name.matches(test.replace("*", ".*")));
                        commands++;
                    }
                }
            }
        }
        assertThat(commands).isGreaterThan(5);
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(files(Path.of("../docs"), ".md"));
        documents.add(Path.of("../CONTRIBUTING.md"));
        documents.add(Path.of("../README.md"));
        return documents;
    }

    private static List<String> testClasses(Path folder) throws IOException {
        return files(folder, ".java").stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .toList();
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }
}
