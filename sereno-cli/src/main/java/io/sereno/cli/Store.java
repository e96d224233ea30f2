package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the store is, and who asks: options that all commands have. */
final class Store {
    private static final String SESSION_TTL = "session-ttl";

    @Option(
            names = "--uri",
            paramLabel = "URI",
            description =
                    "The store, as in etcd://10.0.0.7:2379/billing. Else SERENO_URI, else the line 'uri = URI' of ~/.config/sereno/config.")
    @Nullable
    String uri;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "The user; its password is SERENO_PASSWORD, or --password-file.")
    @Nullable
    String user;

    @Option(names = "--password-file", paramLabel = "FILE", description = "A file whose first line is the password.")
    @Nullable
    Path passwordFile;

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            description = "How long others wait if this process dies; without it, session-ttl of the URI, else 10s.")
    @Nullable
    Duration ttl;

    Sereno connect() {
        return connect(System.getenv());
    }

    Sereno connect(Map<String, String> environment) {
        String where = uri(environment);
        Sereno.Builder builder = Sereno.builder().uri(where);
        Duration length = ttl(environment);
        if (parameter(where, SESSION_TTL).isEmpty()) {
            builder.sessionTtl(length);
        }
        if (parameter(where, "connect-timeout").isEmpty()) {
            builder.connectTimeout(Duration.ofSeconds(10));
        }
        String name = user;
        if (name != null) {
            builder.credentials(name, password(environment));
        } else if (passwordFile != null) {
            throw new IllegalArgumentException("--password-file needs --user; or put the user into the URI");
        }
        return builder.connect();
    }

    /** How long the session of {@link #connect()} outlives this process. */
    Duration ttl() {
        return ttl(System.getenv());
    }

    Duration ttl(Map<String, String> environment) {
        Optional<String> parameter = parameter(uri(environment), SESSION_TTL);
        Duration given = ttl;
        if (given == null) {
            // The connection refuses what is no time.
            return parameter.flatMap(Durations::find).orElse(Duration.ofSeconds(10));
        } else if (parameter.isPresent()) {
            throw new IllegalArgumentException("--ttl is given, and the URI has " + SESSION_TTL + "; leave one out");
        }
        return given;
    }

    private static Optional<String> parameter(String uri, String name) {
        String query = uri.substring(uri.indexOf('?') + 1);
        return Stream.of(query.split("&", -1))
                .filter(word -> word.startsWith(name + "="))
                .map(word -> word.substring(name.length() + 1))
                .findFirst();
    }

    /** Where the store is, without what a URI may have of a password. */
    String shown() {
        return uri(System.getenv()).replaceAll("^[^:]*://", "").replaceAll("^[^/]*@|[?].*$", "");
    }

    /** The same again, for another process with this environment. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        if (ttl != null) {
            arguments.addAll(List.of("--ttl", ttl.toMillis() + "ms"));
        }
        if (uri != null) {
            arguments.addAll(List.of("--uri", uri));
        }
        if (user != null) {
            arguments.addAll(List.of("--user", user));
        }
        if (passwordFile != null) {
            arguments.addAll(List.of("--password-file", passwordFile.toString()));
        }
        return arguments;
    }

    private String uri(Map<String, String> environment) {
        String given = uri;
        if (given != null) {
            return given;
        }
        String inherited = environment.getOrDefault("SERENO_URI", "");
        if (!inherited.isEmpty()) {
            return inherited;
        }
        Path file = Path.of(
                environment.getOrDefault("XDG_CONFIG_HOME", environment.getOrDefault("HOME", "") + "/.config"),
                "sereno",
                "config");
        if (Files.isReadable(file)) {
            for (String line : lines(file)) {
                String[] words = line.split("=", 2);
                if (words.length == 2 && words[0].strip().equals("uri")) {
                    return words[1].strip();
                }
            }
        }
        throw new SerenoConfigurationException(
                "no store is named; accepted are --uri URI, SERENO_URI, and a line 'uri = URI' in " + file
                        + ", as in etcd://10.0.0.7:2379/billing");
    }

    private char[] password(Map<String, String> environment) {
        if (passwordFile != null) {
            List<String> lines = lines(passwordFile);
            if (lines.isEmpty()) {
                throw new SerenoConfigurationException("the password file " + passwordFile + " is empty");
            }
            return lines.get(0).toCharArray();
        }
        String password = environment.get("SERENO_PASSWORD");
        if (password == null) {
            throw new SerenoConfigurationException(
                    "user '" + user + "' has no password; accepted are SERENO_PASSWORD and --password-file");
        }
        return password.toCharArray();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new SerenoConfigurationException("cannot read " + file + ": " + unreadable.getMessage());
        }
    }
}
