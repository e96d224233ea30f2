package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/troubleshooting.md} has the messages and log lines of the code, and no others. A message is a string literal, or
 * literals joined by {@code +}; what stands between them may be anything.
 */
class TroubleshootingTest {
    private static final Path PAGE = Path.of("../docs/troubleshooting.md");
    private static final Path LOGGING = Path.of("../docs/logging.md");

    /** Modules whose messages reach an operator. Messages of single recipes are for programmers; the page has some of them. */
    private static final List<String> MODULES = List.of(
            "sereno-api",
            "sereno-recipes",
            "sereno-backend-memory",
            "sereno-blocking",
            "sereno-backend-etcd",
            "sereno-backend-etcd-jetcd",
            "sereno-backend-redis",
            "sereno-backend-postgresql",
            "sereno-backend-zookeeper",
            "sereno-micrometer",
            "sereno-shedlock",
            "sereno-spring-integration",
            "sereno-spring");

    private static final List<String> RECIPES =
            List.of("counter", "election", "ids", "locks", "membership", "mutex", "topic", "waitgroup");

    /** Texts that are no messages, or that only the level DEBUG shows. */
    private static final Set<String> INTERNAL = Set.of(
            "name of a durable reader",
            "deleted the marker of the session, or tried to",
            "deleted the seat, or tried to",
            "cannot find out which protocol the servers speak",
            "the end of a call failed",
            "Sereno has seen the channel",
            "a client library left an interrupt; it ends no pause",
            "a client library left an interrupt; its thread goes on",
            "a connection could not be closed",
            "a connection could not be given up",
            "a connection was lost while it was not used",
            "the connection of a listener failed",
            "two works could not be compared; they share no request",
            "the entry that keeps lock '",
            "no socket for the warm-up; the first connect will be slower",
            "Currently not connected. Commands are rejected.",
            "^ERR Error running script .*?: -?([A-Z]+)",
            "the grant of a lease",
            "the random number of a lease is in use:",
            "the renewal of a lease",
            "the revocation of a lease",
            "a revision has digits only",
            "the native transport on the class path does not load; the JDK's sockets are used",
            "the pause after a failure of onGranted is over",
            "watches wait for a connection",
            "the server no longer serves the channels; the connection that watches is replaced",
            "calls go to another server process; the connection that watches is replaced",
            "the server does not let leases end now",
            "the connection that watches is silent; it is replaced",
            "the connection that watches is replaced",
            "a transaction that changes something has set nothing",
            "the servers' range of session timeouts is not known yet",
            "an address of a wrong length:",
            "reading the identities of this client",
            "reading the guards of the namespace",
            "creating the nodes of the namespace again",
            "certificates, with the key in",
            // What meters are, for the monitoring system.
            "From the grant of a right to its release or loss",
            "Calls and candidates that wait for a right",
            "1 while this client leads, otherwise 0",
            "How long the session lives without another renewal",
            "Requests to the store, from the call to the answer",
            "Messages that are stored, and that readers of this client have not been given yet",
            "connected(...) is called before any other method");

    /** A message that names what is accepted or expected explains itself. */
    private static final Pattern EXPLAINED =
            Pattern.compile("accepted|expected|^a scheme begins|are UTF-8|^scheme:| is null");

    private static final Pattern TOKEN = Pattern.compile(
            "//[^\n]*|(?s:/\\*.*?\\*/)|\"\"\"(?s:.*?)\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\])+'|\\w+|\\s+|(?s:.)");

    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\.\\.\\.|\\b[A-Z_]+\\b|\\bPT[0-9.]+[SM]|\\b[0-9]+\\b|[;:,]");

    private final String page = Files.readString(PAGE).replaceAll("\\s+", " ");
    private final Map<Path, List<String>> messages = messages();

    TroubleshootingTest() throws IOException {}

    @Test
    void everyMessageOfThePageIsInTheCode() throws IOException {
        String code = String.join(
                "\n", messages.values().stream().flatMap(List::stream).toList());
        List<String> unknown = new ArrayList<>();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("| `")) {
                QUOTED.matcher(line.substring(1, line.indexOf(" | ", 3)))
                        .results()
                        .flatMap(quoted -> Arrays.stream(PLACEHOLDER.split(quoted.group(1))))
                        .map(String::strip)
                        .filter(part -> words(part) >= 3 && !isIn(code, part))
                        .forEach(unknown::add);
            }
        }
        assertThat(unknown).as("texts that no message has").isEmpty();
    }

    @Test
    void everyMessageOfTheCodeIsOnThePage() {
        Map<Path, List<String>> missing = new TreeMap<>();
        messages.forEach((file, texts) -> {
            if (RECIPES.stream().noneMatch(recipe -> file.toString().contains("/recipes/" + recipe + "/"))) {
                List<String> absent = texts.stream()
                        .filter(text -> !EXPLAINED.matcher(text).find())
                        .map(TroubleshootingTest::longestPart)
                        .filter(part -> words(part) >= 5 && !page.contains(part) && !INTERNAL.contains(part))
                        .toList();
                if (!absent.isEmpty()) {
                    missing.put(file, absent);
                }
            }
        });
        assertThat(missing).as("messages that the page does not explain").isEmpty();
    }

    @Test
    void everyLogLineOfLoggingIsOnThePage() throws IOException {
        for (String line : Files.readAllLines(LOGGING)) {
            if (line.matches("\\| (ERROR|WARNING|INFO) \\| `.*")) {
                QUOTED.matcher(line.substring(0, line.lastIndexOf(" | ")))
                        .results()
                        .forEach(quoted -> {
                            String part = Arrays.stream(PLACEHOLDER.split(quoted.group(1)))
                                    .max(Comparator.comparingInt(String::length))
                                    .orElseThrow();
                            assertThat(page).contains(part);
                        });
            }
        }
    }

    /** A message may choose between two texts, so that a part of it consists of two literals. */
    private static boolean isIn(String code, String part) {
        return code.contains(part)
                || IntStream.range(1, part.length())
                        .filter(at -> part.charAt(at) == ' ')
                        .anyMatch(at -> code.contains(part.substring(0, at)) && code.contains(part.substring(at + 1)));
    }

    private static String longestPart(String message) {
        return Arrays.stream(message.split("…|\\{\\d\\}"))
                .map(part -> part.strip().replaceAll("\\s+", " "))
                .max(Comparator.comparingInt(String::length))
                .orElse("");
    }

    private static int words(String text) {
        return (int) Arrays.stream(text.strip().split("\\s+"))
                .filter(word -> word.matches(".*[A-Za-z].*"))
                .count();
    }

    private static Map<Path, List<String>> messages() throws IOException {
        Map<Path, List<String>> messages = new TreeMap<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
                for (Path file :
                        files.filter(file -> file.toString().endsWith(".java")).toList()) {
                    messages.put(file, messages(Files.readString(file)));
                }
            }
        }
        return messages;
    }

    /** The literals of a file, joined where only an expression stands between them; that one is an ellipsis. */
    private static List<String> messages(String code) {
        List<String> messages = new ArrayList<>();
        StringBuilder message = new StringBuilder();
        int depth = 0;
        Matcher tokens = TOKEN.matcher(code);
        while (tokens.find()) {
            String token = tokens.group();
            if (token.isBlank() || token.startsWith("//") || token.startsWith("/*")) {
                continue;
            }
            if (token.startsWith("\"")) {
                int marks = token.startsWith("\"\"\"") ? 3 : 1;
                depth = message.isEmpty() ? 0 : depth;
                message.append(token, marks, token.length() - marks);
            } else if (!message.isEmpty()) {
                depth += "([{".contains(token) ? 1 : ")]}".contains(token) ? -1 : 0;
                if (token.equals(";") || (token.equals(",") && depth <= 0)) {
                    messages.add(message.toString().replace("\\\"", "\"").replace("''", "'"));
                    message.setLength(0);
                } else if (!token.equals("+") && message.charAt(message.length() - 1) != '…') {
                    message.append('…');
                }
            }
        }
        return messages;
    }
}
